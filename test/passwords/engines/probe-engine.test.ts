import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cryptoArgon2 } from '../../../src/passwords/engines/crypto-engine.js';
import { probeEngine } from '../../../src/passwords/engines/probe-engine.js';
import { probeScript } from '../../../src/passwords/engines/probe-script.js';
import { tryEngines } from '../../../src/passwords/index.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'safekeep-engine-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** A package that misbehaves. */
function packageWith(code: string): string {
  const path = join(folder, `${Math.trunc(Number(process.hrtime.bigint() % 1_000_000_000n))}.cjs`);
  writeFileSync(path, code);
  return path;
}

describe('probeEngine', () => {
  it('finds good what gives the published tags, and times it by the processor', async () => {
    const { outcome, cpuMs } = await probeEngine('argon2', { measure: true });
    expect(outcome).toBe('good');
    expect(cpuMs).toBeGreaterThan(0.1);
    expect(await probeEngine('@node-rs/argon2')).toEqual({ engine: '@node-rs/argon2', outcome: 'good' });
  });

  it.skipIf(cryptoArgon2() === undefined)('finds good what Node brings (needs Node 24)', async () => {
    expect(await probeEngine('crypto.argon2')).toEqual({ engine: 'crypto.argon2', outcome: 'good' });
  });

  it.each([
    ['crashed', `process.kill(process.pid, 'SIGSEGV'); for (;;) {}`],
    ['crashed', `exports.hash = () => process.abort();`],
    ['broken', `throw new Error('No native build was found');`],
    ['broken', `exports.hash = () => Promise.reject(new Error('out of memory'));`],
    ['wrong', `exports.hash = async (_, { hashLength }) => Buffer.alloc(hashLength);`],
    ['wrong', `exports.hash = async () => Buffer.alloc(0);`],
    ['wrong', `process.stdout.write('{"tags":'); process.exit(0);`],
  ])('finds that a package %s, and lives on (%#)', async (outcome, code) => {
    expect(await probeEngine('argon2', { path: packageWith(code) })).toEqual({ engine: 'argon2', outcome });
  });

  it('starts no process from within one, as a server that is one with its executable would without end', async () => {
    process.argv.push(probeScript);
    try {
      expect(await probeEngine('argon2')).toEqual({ engine: 'argon2', outcome: 'untried' });
    } finally {
      process.argv.pop();
    }
    expect((await probeEngine('argon2')).outcome).toBe('good');
  });

  it('does not wait for ever for a package that hangs', async () => {
    const trial = await probeEngine('argon2', { path: packageWith('for (;;) {}'), limitMs: 200 });
    expect(trial).toEqual({ engine: 'argon2', outcome: 'silent' });
  });
});

describe('tryEngines', () => {
  it('has a line for every engine that is known by name', async () => {
    const trials = await tryEngines();
    expect(trials).toEqual([
      { engine: 'argon2', outcome: 'good' },
      { engine: '@node-rs/argon2', outcome: 'good' },
      { engine: 'crypto.argon2', outcome: cryptoArgon2() === undefined ? 'absent' : 'good' },
    ]);
  });
});
