import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { root } from '../house/tree.js';

interface Peak {
  readonly boundKiB: number;
  readonly grownKiB: number;
}

/** What 12 sign-ins at once, of 64 MiB each, add to the memory that a process of its own has resident at most. */
function peakOf(running: number): Peak {
  const built = pathToFileURL(join(root, 'dist/passwords/index.js')).href;
  const program = `
    import { createPasswords } from ${JSON.stringify(built)};
    const passwords = createPasswords({ cost: { memoryKiB: 65536, passes: 1 }, memoryCeilingKiB: 65536,
      gate: { running: ${running}, deadlineMs: 60_000 } });
    // One first: what loading and a single hash cost is not the storm's.
    const stored = await passwords.hash('salt marsh at low tide', { account: '17' });
    const before = process.resourceUsage().maxRSS;
    await Promise.all(Array.from({ length: 12 }, () => passwords.verify(stored, 'a guess', { account: '17' })));
    console.log(JSON.stringify({ boundKiB: passwords.memoryBoundKiB, grownKiB: process.resourceUsage().maxRSS - before }));`;
  // Threads enough that nothing but the gate holds the twelve back.
  const env = { ...process.env, UV_THREADPOOL_SIZE: '12' };
  return JSON.parse(
    execFileSync(process.execPath, ['--input-type=module', '--eval', program], { encoding: 'utf8', env }),
  );
}

describe('memory that a process has resident in a storm of sign-ins', () => {
  it.each([1, 2])('stays within the stated bound with %i at once', (running) => {
    const { boundKiB, grownKiB } = peakOf(running);
    expect(boundKiB).toBe(running * 65_536);
    // The first hash is in the figure of before already.
    expect(grownKiB).toBeLessThan((running - 1) * 65_536 + 32_768);
  });

  it('is seen to grow where more run', () => {
    expect(peakOf(12).grownKiB).toBeGreaterThan(4 * 65_536);
  });
});
