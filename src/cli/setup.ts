import { type Command, Option } from 'commander';
import { SafekeepError } from '../base/errors.js';
import { nameOf, say } from '../base/names.js';
import type { Database } from '../base/ports/database.js';
import type { KeySource } from '../base/ports/key-source.js';
import type { StreamFiles } from '../fields/index.js';
import { fileRootKey, type KeyRing, type KeyRingOptions, type KeyRingSettings, openKeyRing } from '../keys/index.js';
import type { Policy } from '../policy/index.js';
import { type Config, loadConfig, made } from './load-config.js';
import { loadPolicy } from './load-policy.js';
import { type DatabaseChoice, openDatabase, withDatabaseOptions } from './open-database.js';
import type { Printer } from './output.js';

/** The options by which a command is told of a key ring, and of what goes with it. Flags win over the module. */
export interface RingChoice extends DatabaseChoice {
  readonly config?: string;
  readonly policy?: string;
  readonly root?: string;
  readonly ring?: string;
  readonly ringInDatabase?: boolean;
}

/** An installation as flags and module describe it. Nothing is opened before it is asked for, and nothing twice. */
export interface Setup {
  policy(): Promise<Policy>;
  /** Undefined where neither a flag nor the module names a policy. */
  policyIfAny(): Promise<Policy | undefined>;
  /** `create`: make the file where the root key is one. */
  root(create?: boolean): Promise<KeySource>;
  /** Where the ring lies. */
  place(): Promise<{ readonly path: string } | { readonly database: Database }>;
  /** For people: what names the ring. */
  readonly ringName: string;
  ring(settings?: Partial<KeyRingSettings>): Promise<KeyRing>;
  /** The second key of a backup, from its file or the module. */
  recovery(file: string | undefined, create?: boolean): Promise<KeySource>;
  database(): Promise<Database>;
  streams(): Promise<StreamFiles | undefined>;
}

export function withRingOptions(command: Command): Command {
  return withDatabaseOptions(command)
    .option('--config <file>', 'a module that says where root key, ring and database are')
    .option('--root <file>', 'the root key, where it is a file')
    .addOption(new Option('--ring <file>', 'the key ring, where it is a file').conflicts('ringInDatabase'))
    .option('--ring-in-database', 'the key ring is in the database');
}

/** As `withRingOptions`, for a command that can do nothing without them. */
export function withRequiredRing(command: Command, ...also: readonly 'policy'[]): Command {
  return withRingOptions(command).hook('preAction', (_, running) => {
    const given: RingChoice = running.opts();
    if (given.config !== undefined) return;
    const needed = given.ringInDatabase === true ? ['root', ...also] : ['root', 'ring', ...also];
    const option = needed.find((name) => given[name as 'root'] === undefined);
    if (option !== undefined) running.error(`error: required option '--${option} <file>' not specified, nor --config`);
  });
}

/** Runs the work over an installation, and closes what it opened: rings first, so that their word is taken back. */
export async function withSetup<T>(
  of: string,
  choice: RingChoice,
  printer: Printer,
  work: (setup: Setup) => Promise<T>,
): Promise<T> {
  const config: Config = choice.config === undefined ? {} : await loadConfig(of, choice.config);
  const file = choice.config ?? '';
  const rings: KeyRing[] = [];
  let opened: Promise<Database> | undefined;
  const underWay = new Set<Promise<unknown>>();

  function database(): Promise<Database> {
    const flags = choice.database !== undefined || choice.embedded !== undefined;
    opened ??=
      flags || config.database === undefined
        ? openDatabase(of, choice, printer)
        : made<Database>(of, file, 'database', config.database, 'query', 'transaction', 'close');
    return opened;
  }
  const inDatabase = choice.ringInDatabase === true || (choice.ring === undefined && config.ring === 'database');
  const path = choice.ring ?? (typeof config.ring === 'object' ? config.ring.path : undefined);
  const setup: Setup = {
    ringName: inDatabase ? 'safekeep.key_ring' : (path ?? ''),
    async policyIfAny() {
      return choice.policy === undefined ? config.policy : await loadPolicy(of, choice.policy);
    },
    async policy() {
      const policy = await setup.policyIfAny();
      if (policy === undefined) throw missing(of, 'policy');
      return policy;
    },
    async root(create = false) {
      if (choice.root !== undefined) return fileRootKey(choice.root, { create });
      if (config.root === undefined) throw missing(of, 'root');
      return await made<KeySource>(of, file, 'root', config.root, 'wrap', 'unwrap');
    },
    async place() {
      if (inDatabase) return { database: followed(await database(), underWay) };
      if (path === undefined) throw missing(of, 'ring');
      return { path };
    },
    async ring(settings = {}) {
      const options = { ...settings, root: settings.root ?? (await setup.root()), ...(await setup.place()) };
      const ring = await openKeyRing(options as KeyRingOptions);
      rings.push(ring);
      return ring;
    },
    async recovery(given, create = false) {
      if (given !== undefined) return fileRootKey(given, { create });
      if (config.recovery === undefined) throw missing(of, 'recovery');
      return await made<KeySource>(of, file, 'recovery', config.recovery, 'wrap', 'unwrap');
    },
    database,
    async streams() {
      if (config.streams === undefined) return undefined;
      return await made<StreamFiles>(of, file, 'streams', config.streams, 'read', 'replace');
    },
  };
  try {
    return await work(setup);
  } finally {
    for (const ring of rings) ring.close();
    // A ring that leaves takes back its word without being waited for: cut off, it would hold up the next roll-out.
    await Promise.allSettled(underWay);
    await (await opened?.catch(() => undefined))?.close();
  }
}

/** The same database, whose queries can be waited for. */
function followed(database: Database, underWay: Set<Promise<unknown>>): Database {
  return {
    ...database,
    query(sql, values) {
      const asked = database.query(sql, values);
      const done = (): void => void underWay.delete(asked);
      underWay.add(asked);
      asked.then(done, done);
      return asked as never;
    },
  };
}

const wanted = {
  policy: say`--policy with the module of the policy, or --config`,
  root: say`--root with the file of the root key, or --config`,
  ring: say`--ring with the file of the ring, --ring-in-database, or --config`,
  recovery: say`--recovery with the file of the second key, or --config`,
};

function missing(of: string, option: keyof typeof wanted): SafekeepError {
  return new SafekeepError('ERR_OPTION_MISSING', { of: nameOf(of), option: nameOf(option), expected: wanted[option] });
}
