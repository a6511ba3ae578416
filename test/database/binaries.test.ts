import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findBinaries, makeLinks } from '../../src/database/embedded/binaries.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'safekeep-binaries-'));
  mkdirSync(join(folder, 'native/lib'), { recursive: true });
  writeFileSync(join(folder, 'native/lib/libpq.so.5.18'), 'library');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const list = (target: string) =>
  writeFileSync(
    join(folder, 'native/pg-symlinks.json'),
    JSON.stringify([{ source: 'native/lib/libpq.so.5.18', target }]),
  );

describe('the binaries of the embedded database', () => {
  it('are found in the package of this platform', () => {
    const { folder: native, version } = findBinaries();
    expect(existsSync(join(native, 'bin/postgres'))).toBe(true);
    expect(version).toMatch(/^18\./);
  });

  it('get their links where install scripts did not run', () => {
    list('native/lib/libpq.so.5');
    makeLinks(join(folder, 'native'));
    expect(readFileSync(join(folder, 'native/lib/libpq.so.5'), 'utf8')).toBe('library');
    // Again, with everything there.
    makeLinks(join(folder, 'native'));
  });

  it('need no list of links', () => {
    expect(() => makeLinks(join(folder, 'native'))).not.toThrow();
  });

  it('are refused when a link cannot be made', () => {
    list('native/nowhere/libpq.so.5');
    expect(() => makeLinks(join(folder, 'native'))).toThrow(expect.objectContaining({ code: 'ERR_NATIVE_MODULE' }));
    list('native/lib/broken');
    symlinkSync('missing', join(folder, 'native/lib/broken'));
    expect(() => makeLinks(join(folder, 'native'))).toThrow(expect.objectContaining({ code: 'ERR_NATIVE_MODULE' }));
  });
});
