import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { breachedFile } from '../../../src/passwords/index.js';
import { peakOfBuild } from './peak.js';

const scratch = mkdtempSync(join(tmpdir(), 'safekeep-breached-long-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

describe('a long breached list', () => {
  it('of ten million is built in less than 256 MiB and takes less than 23 MB', async () => {
    const path = join(scratch, 'ten-million');
    expect(peakOfBuild(10_000_000, path)).toBeLessThan(256);
    const list = breachedFile({ path });
    const { entries, fileBytes } = await list.open();
    expect(entries).toBe(10_000_000);
    expect(fileBytes).toBeLessThan(23_000_000);
    await list.close();
  });
});
