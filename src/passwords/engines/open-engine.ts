import { SafekeepError } from '../../base/errors.js';
import { type Name, nameOf, say } from '../../base/names.js';
import { type EngineChoice, type EngineName, engineNames, type PasswordEngine } from '../engine.js';
import { argon2Engine } from './argon2-engine.js';
import { cryptoEngine } from './crypto-engine.js';
import { assertKnown } from './known-answers.js';
import { nodeRsEngine } from './node-rs-engine.js';
import { type EngineTrial, isInstalled, type Probe, probeEngine } from './probe-engine.js';

/** What the self-test found. */
export interface EngineReport {
  /** What computes the hashes; `own` for an engine that was passed in. */
  readonly engine: EngineName | 'own';
  /** Whether it was tried in a process of its own before this one loaded it. */
  readonly isolated: boolean;
  readonly trials: readonly EngineTrial[];
}

export interface OpenEngine extends PasswordEngine {
  /**
   * Tries the engine in a child process, then asks it for the published tags here.
   * @throws SafekeepError ERR_PASSWORD_ENGINE (facts `engine`, `because`), ERR_NATIVE_MODULE
   */
  selfTest(): Promise<EngineReport>;
}

const make: Readonly<Record<EngineName, () => PasswordEngine>> = {
  argon2: argon2Engine,
  '@node-rs/argon2': nodeRsEngine,
  'crypto.argon2': cryptoEngine,
};

/**
 * The engine of a name, the fastest of those that are there, or one's own.
 * @throws SafekeepError ERR_PEER_MISSING for a package that is not installed, ERR_OPTION_INVALID for what is no engine
 *   or is not in this Node
 */
export function openEngine(choice: EngineChoice, probe: Probe = probeEngine): OpenEngine {
  if (typeof choice === 'object' && choice !== null && typeof choice.tag === 'function') return ownEngine(choice);
  if (choice === 'fastest') return fastestEngine(probe);
  if (typeof choice !== 'string' || !engineNames.includes(choice)) {
    throw invalid(say`one of argon2, @node-rs/argon2, crypto.argon2, fastest, or an object with the method tag`);
  }
  if (isInstalled(choice)) return namedEngine(choice, probe);
  if (choice === 'crypto.argon2') throw invalid(say`another engine: crypto.argon2 came with Node 24.7`);
  throw new SafekeepError('ERR_PEER_MISSING', { install: nameOf(choice) });
}

function ownEngine(own: PasswordEngine): OpenEngine {
  return Object.freeze({
    tag: own.tag.bind(own),
    async selfTest() {
      await assertKnown(own, 'own');
      return { engine: 'own', isolated: false, trials: [] } as const;
    },
  });
}

function namedEngine(name: EngineName, probe: Probe): OpenEngine {
  const engine = make[name]();
  return Object.freeze({
    tag: engine.tag,
    async selfTest() {
      const trial = await probe(name);
      if (!isUsable(trial)) throw refusal(trial);
      await assertKnown(engine, name);
      return { engine: name, isolated: trial.outcome === 'good', trials: [trial] };
    },
  });
}

/** Chosen once, at the self-test or before the first hash: never loads here what did not survive a child process. */
function fastestEngine(probe: Probe): OpenEngine {
  let chosen: Promise<{ readonly engine: PasswordEngine; readonly report: EngineReport }> | undefined;
  async function choose() {
    const trials: EngineTrial[] = [];
    // One after the other: they would take the processor from each other.
    for (const name of engineNames) trials.push(await probe(name, { measure: true }));
    const best = fastestOf(trials) ?? trials.find(({ outcome }) => outcome === 'untried');
    const name = best?.outcome === 'untried' ? 'argon2' : best?.engine;
    if (name === undefined) throw refusal(trials[0]);
    const engine = make[name]();
    return { engine, report: { engine: name, isolated: best?.outcome === 'good', trials: Object.freeze(trials) } };
  }
  function once() {
    chosen ??= choose();
    return chosen;
  }
  return Object.freeze({
    async tag(request: Parameters<PasswordEngine['tag']>[0]) {
      return await (await once()).engine.tag(request);
    },
    async selfTest() {
      const { engine, report } = await once();
      await assertKnown(engine, report.engine);
      return report;
    },
  });
}

/** The first of equals, in the order of preference. */
function fastestOf(trials: readonly EngineTrial[]): EngineTrial | undefined {
  return trials
    .filter(({ outcome, cpuMs }) => outcome === 'good' && cpuMs !== undefined)
    .reduce<EngineTrial | undefined>(
      (best, trial) => (best === undefined || (trial.cpuMs as number) < (best.cpuMs as number) ? trial : best),
      undefined,
    );
}

/** Where no child can be started, the check in this process is all there is. */
function isUsable({ outcome }: EngineTrial): boolean {
  return outcome === 'good' || outcome === 'untried';
}

function refusal(trial: EngineTrial | undefined): SafekeepError {
  const because: Name = nameOf(trial?.outcome ?? 'absent');
  return new SafekeepError('ERR_PASSWORD_ENGINE', { engine: nameOf(trial?.engine ?? 'argon2'), because });
}

function invalid(expected: ReturnType<typeof say>): SafekeepError {
  return new SafekeepError('ERR_OPTION_INVALID', {
    of: nameOf('createPasswords'),
    option: nameOf('engine'),
    expected,
  });
}

/**
 * Every engine that is known by name, tried in a process of its own one after the other: for a doctor's report.
 * @param options `measure`: also time a hash at the default cost
 * @example
 * import { tryEngines } from 'safekeep/passwords';
 * for (const { engine, outcome } of await tryEngines()) console.log(engine, outcome);
 */
export async function tryEngines(options: { readonly measure?: boolean } = {}): Promise<readonly EngineTrial[]> {
  const trials: EngineTrial[] = [];
  for (const name of engineNames) trials.push(await probeEngine(name, { measure: options.measure === true }));
  return trials;
}
