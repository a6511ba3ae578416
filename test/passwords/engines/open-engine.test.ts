import { describe, expect, it } from 'vitest';
import type { EngineChoice, EngineName, TagRequest } from '../../../src/passwords/engine.js';
import { cryptoArgon2 } from '../../../src/passwords/engines/crypto-engine.js';
import { openEngine } from '../../../src/passwords/engines/open-engine.js';
import type { EngineTrial, Probe } from '../../../src/passwords/engines/probe-engine.js';
import { createPasswords } from '../../../src/passwords/index.js';
import { fakeEngine } from '../fake-engine.js';

const request: TagRequest = {
  variant: 'argon2id',
  memoryKiB: 64,
  passes: 1,
  lanes: 1,
  password: Buffer.from('password'),
  salt: Buffer.from('somesalt'),
  tagBytes: 24,
};
const tag = '655ad15eac652dc59f7170a7332bf49b8469be1fdb9c28bb';

/** Trials as they are told, and the order in which they were asked for. */
function probes(found: Partial<Record<EngineName, Omit<EngineTrial, 'engine'>>>) {
  const asked: [EngineName, boolean][] = [];
  const probe: Probe = async (engine, options) => {
    asked.push([engine, options?.measure === true]);
    return { engine, ...(found[engine] ?? { outcome: 'absent' }) };
  };
  return { probe, asked };
}

describe('openEngine', () => {
  it('opens the engine that was named, and starts no process for it', async () => {
    const { probe, asked } = probes({});
    for (const name of ['argon2', '@node-rs/argon2'] as const) {
      expect(Buffer.from(await openEngine(name, probe).tag(request)).toString('hex')).toBe(tag);
    }
    expect(asked).toEqual([]);
  });

  it.each([['argon3'], [''], [7], [null], [{}], [{ tag: 'x' }], ['constructor']])('refuses %j', (choice: unknown) => {
    expect(() => openEngine(choice as EngineChoice)).toThrow(
      expect.objectContaining({ code: 'ERR_OPTION_INVALID', facts: expect.objectContaining({ option: 'engine' }) }),
    );
  });

  it('refuses crypto.argon2 where Node has none, and takes it where it has', () => {
    const open = () => createPasswords({ engine: 'crypto.argon2' });
    if (cryptoArgon2() !== undefined) expect(open).not.toThrow();
    else expect(open).toThrow(expect.objectContaining({ code: 'ERR_OPTION_INVALID' }));
  });

  describe('fastest', () => {
    const good = (cpuMs: number) => ({ outcome: 'good', cpuMs }) as const;

    it('takes the one that needs least of the processor, and says which and why', async () => {
      const { probe, asked } = probes({ argon2: good(24), '@node-rs/argon2': good(12) });
      const engine = openEngine('fastest', probe);
      expect(await engine.selfTest()).toEqual({
        engine: '@node-rs/argon2',
        isolated: true,
        trials: [
          { engine: 'argon2', outcome: 'good', cpuMs: 24 },
          { engine: '@node-rs/argon2', outcome: 'good', cpuMs: 12 },
          { engine: 'crypto.argon2', outcome: 'absent' },
        ],
      });
      expect(asked).toEqual([
        ['argon2', true],
        ['@node-rs/argon2', true],
        ['crypto.argon2', true],
      ]);
    });

    it('is chosen once, also when the first hashes come together and before the self-test', async () => {
      const { probe, asked } = probes({ argon2: good(12), '@node-rs/argon2': good(12) });
      const engine = openEngine('fastest', probe);
      const tags = await Promise.all([engine.tag(request), engine.tag(request)]);
      expect(tags.map((made) => Buffer.from(made).toString('hex'))).toEqual([tag, tag]);
      expect((await engine.selfTest()).engine).toBe('argon2');
      expect(asked.length).toBe(3);
    });

    it('never loads what took its process down, however fast', async () => {
      const { probe } = probes({ argon2: good(24), '@node-rs/argon2': { outcome: 'crashed', cpuMs: 1 } });
      expect((await openEngine('fastest', probe).selfTest()).engine).toBe('argon2');
    });

    it('is argon2 where no process can be started, and says that none was', async () => {
      const { probe } = probes({ argon2: { outcome: 'untried' }, '@node-rs/argon2': { outcome: 'untried' } });
      expect(await openEngine('fastest', probe).selfTest()).toMatchObject({ engine: 'argon2', isolated: false });
    });

    it('is refused where none is good', async () => {
      const { probe } = probes({ argon2: { outcome: 'crashed' } });
      await expect(openEngine('fastest', probe).tag(request)).rejects.toMatchObject({
        code: 'ERR_PASSWORD_ENGINE',
        facts: { engine: 'argon2', because: 'crashed' },
      });
    });
  });
});

describe('selfTest', () => {
  it('tries the engine in a process of its own and then here', async () => {
    expect(await createPasswords().selfTest()).toEqual({
      engine: 'argon2',
      isolated: true,
      trials: [{ engine: 'argon2', outcome: 'good' }],
    });
  });

  it.each(['crashed', 'broken', 'silent', 'wrong', 'absent'] as const)(
    'stops the start when the engine %s there, and does not load it here',
    async (outcome) => {
      const { probe } = probes({ argon2: { outcome } });
      await expect(openEngine('argon2', probe).selfTest()).rejects.toMatchObject({
        code: 'ERR_PASSWORD_ENGINE',
        status: 500,
        facts: { engine: 'argon2', because: outcome },
      });
    },
  );

  it('goes on where no process can be started, and says so', async () => {
    const { probe } = probes({ argon2: { outcome: 'untried' } });
    expect(await openEngine('argon2', probe).selfTest()).toMatchObject({ engine: 'argon2', isolated: false });
  });

  it('asks an engine of your own for the published tags too', async () => {
    await expect(createPasswords({ engine: fakeEngine() }).selfTest()).rejects.toMatchObject({
      code: 'ERR_PASSWORD_ENGINE',
      facts: { engine: 'own', because: 'wrong' },
    });
    const own = { tag: (asked: TagRequest) => openEngine('argon2').tag(asked) };
    expect(await createPasswords({ engine: own }).selfTest()).toEqual({ engine: 'own', isolated: false, trials: [] });
  });
});
