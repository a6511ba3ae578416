import { describe, expect, it } from 'vitest';
import { naive, ours } from '../../bench/contenders/field-peers.js';
import { probe, probes, probeTable } from '../../bench/probes.js';

describe('the misuse probes', () => {
  it('are all refused by fields', async () => {
    expect(await probe(ours)).toEqual(probes.map(() => 'refused'));
  });

  it('tell what naive encryption lets through, so that a refusal says something', async () => {
    const found = await probe(naive);
    const accepted = probes.filter((_, at) => found[at] === 'ACCEPTED').map(({ name }) => name);
    expect(accepted).toEqual([
      'moved to another row',
      'moved to another column',
      'moved to another table',
      'sealed once more',
    ]);
  });

  it('notice a library that takes anything', async () => {
    const careless = {
      name: 'careless',
      make: async () => ({
        seal: (value: string) => value,
        open(stored: string) {
          if (stored.endsWith('~')) throw new Error(`cannot read ${stored}`);
          return stored;
        },
        cutTag: (sealed: string) => sealed,
      }),
    };
    // No key is in it at all: what one sealed the other reads.
    expect(await probe(careless)).toEqual(probes.map(() => 'ACCEPTED'));
  });

  it('do not take a library that opens nothing for one that refuses', async () => {
    const broken = {
      name: 'broken',
      make: async () => ({
        seal: (value: string) => value,
        open(): string {
          throw new Error('no');
        },
      }),
    };
    await expect(probe(broken)).rejects.toThrow('broken does not open what it sealed');
  });

  it('leave out what is not installed, and say how to install it', async () => {
    const { Absent } = await import('../../bench/harness/case.js');
    const absent = {
      name: 'absent',
      make: async () => {
        throw new Absent('absent is not installed: npm ci --prefix bench/peers');
      },
    };
    expect(await probeTable([absent])).toContain('| absent | left out: absent is not installed');
  });
});
