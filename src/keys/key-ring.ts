import { deriveKey } from '../aead/index.js';
import { equalBytes, pae, utf8 } from '../base/bytes.js';
import { type Clock, type Random, systemClock, systemRandom } from '../base/clock.js';
import { SafekeepError } from '../base/errors.js';
import { nameOf, pathName, say } from '../base/names.js';
import { flagRule, objectRule, readOptions, required, textRule, withDefault } from '../base/options.js';
import type { DerivedKeys } from '../base/ports/derived-keys.js';
import type { KeySource } from '../base/ports/key-source.js';
import { withKeyFileLock } from './key-file-lock.js';
import { readKeyFile, replaceKeyFile } from './key-files.js';
import { type KeyInfo, type KeyPurpose, keyPurposes, mayOpen, type RingKey } from './key-state.js';
import { type KeyMaker, makeKey, makeRing } from './new-keys.js';
import { formatRing, parseRing } from './ring-file.js';
import { assertUnedited, unwrapGuard, unwrapKeys } from './ring-keys.js';
import { guardContext, listMac, type RingEntry, type RingList } from './ring-list.js';

export interface KeyRingOptions {
  /** What wraps the keys: `fileRootKey(path)`, or a KeySource over an HSM or a KMS. */
  readonly root: KeySource;
  /** The ring's file. It holds wrapped keys only, so it may lie beside the data; it belongs into every backup. */
  readonly path: string;
  /** Make a ring where there is none. Default false: a lost ring must stop the start, not be replaced by an empty one. */
  readonly create?: boolean | undefined;
  readonly clock?: Clock | undefined;
  readonly random?: Random | undefined;
}

/** The keys of an application, each for one purpose. `derive` is for pseudonyms, limits and indexes. */
export interface KeyRing extends DerivedKeys {
  /** The key that seals for a purpose now. @throws ERR_KEY_UNKNOWN when the purpose has none; ERR_KEY_RING_CLOSED */
  active(purpose: KeyPurpose): RingKey;
  /** A key that may open values. undefined: not in the ring, suspended or destroyed. @throws ERR_KEY_RING_CLOSED */
  find(id: number): RingKey | undefined;
  /** Every key, oldest first, without its bytes. */
  list(): readonly KeyInfo[];
  /**
   * Adds a key that opens but does not seal, and writes the ring. Let every server `reload()` before it is activated:
   * otherwise one seals with a key that another does not know yet.
   */
  stage(purpose: KeyPurpose): Promise<KeyInfo>;
  /**
   * Makes a staged key the one that seals; the key that was active becomes decrypt-only.
   * Blind indexes are made under the active `index` key: activating another makes every look-up miss until the indexes
   * are computed anew. @throws ERR_KEY_STATE unless the key is staged; ERR_KEY_UNKNOWN
   */
  activate(id: number): Promise<void>;
  /**
   * Makes a staged key decrypt-only, which takes it out of a roll-out. A key that is decrypt-only already stays so.
   * @throws ERR_KEY_STATE for an active key, because its purpose would have none: activate another first
   */
  retire(id: number): Promise<void>;
  /** Reads the file again, for changes that another process made. @throws ERR_KEY_RING_EDITED for an older list */
  reload(): Promise<void>;
  /** Calls `drop` when the ring is closed: whoever keeps keys derived from it wipes them there. */
  onClose(drop: () => void): void;
  /** Wipes the key bytes. Every later use throws ERR_KEY_RING_CLOSED. */
  close(): void;
}

const shape = {
  root: required(objectRule<KeySource>('wrap', 'unwrap')),
  path: required(textRule()),
  create: withDefault(flagRule(), false),
  clock: withDefault(objectRule<Clock>('nowMs', 'wait'), systemClock),
  random: withDefault(objectRule<Random>('bytes'), systemRandom),
};

/**
 * Opens the key ring: unwraps every key under the root key, and refuses a ring that was edited or belongs to another
 * root key before a single row is read.
 *
 * The list of keys carries a MAC and a rising counter. They detect an edit at once, and an older list while the process
 * runs. They do NOT detect that the whole file was put back to an older state between two starts.
 * @throws SafekeepError ERR_KEY_RING_MISSING (and `create` is not true), ERR_KEY_RING_INVALID, ERR_KEY_RING_EDITED,
 * ERR_ROOT_KEY when the root key is not the one the ring was made under, ERR_KEY_RING_BUSY, ERR_KEY_FILE, and what the
 * root key throws. ASVS 5.0 11.1.1, 13.3.1; states after NIST SP 800-57 part 1.
 * @example
 * const keys = await openKeyRing({ root: fileRootKey('root.key'), path: 'keys.json' });
 * process.once('exit', () => keys.close());
 */
export async function openKeyRing(options: KeyRingOptions): Promise<KeyRing> {
  const { root, path, create, clock, random } = readOptions('openKeyRing', shape, options);
  const file = pathName(path);
  const maker: KeyMaker = { root, clock, random };

  async function read(): Promise<{ readonly list: RingList; readonly mac: Buffer } | null> {
    const found = await readKeyFile(path);
    return found === null ? null : parseRing(found.bytes.toString('utf8'), file);
  }
  async function write(list: RingList, guard: Buffer): Promise<void> {
    await replaceKeyFile(path, utf8(formatRing(list, listMac(guard, list))));
  }

  let first = await read();
  if (first === null) {
    if (!create) throw new SafekeepError('ERR_KEY_RING_MISSING', { file, advice: say`create: true makes a new one` });
    await withKeyFileLock(path, clock, async () => {
      if ((await read()) !== null) return;
      const made = await makeRing(maker);
      await write(made.list, made.guard);
      made.guard.fill(0);
    });
    first = await read();
    if (first === null) throw new SafekeepError('ERR_KEY_RING_MISSING', { file });
  }

  let { list } = first;
  const guard = await unwrapGuard(root, list, first.mac, file);
  let bytesById = await unwrapKeys(root, list, new Map());
  let byId: ReadonlyMap<number, RingKey> = new Map();
  let activeFor: ReadonlyMap<KeyPurpose, RingKey> = new Map();
  let closed = false;
  const drops: (() => void)[] = [];
  index();

  function assertOpen(): void {
    if (closed) throw new SafekeepError('ERR_KEY_RING_CLOSED');
  }
  function info({ id, purpose, state, created }: KeyInfo): KeyInfo {
    return Object.freeze({ id, purpose, state, created });
  }
  function index(): void {
    const keys = list.keys.flatMap((entry): RingKey[] => {
      const bytes = bytesById.get(entry.id);
      if (bytes === undefined || !mayOpen(entry.state)) return [];
      const derive = (label: Uint8Array): Buffer => {
        assertOpen();
        return deriveKey(bytes, label);
      };
      return [Object.freeze({ ...info(entry), derive })];
    });
    byId = new Map(keys.map((key) => [key.id, key]));
    activeFor = new Map(keys.filter(({ state }) => state === 'active').map((key) => [key.purpose, key]));
  }
  /** Takes over a list that was read or written, with its keys. */
  async function adopt(next: RingList): Promise<void> {
    const unwrapped = await unwrapKeys(root, next, bytesById);
    // While a root key was asked, the ring may have been closed or have moved on: then this answer is only wiped.
    const late = closed || next.counter < list.counter;
    const [kept, gone] = late ? [bytesById, unwrapped] : [unwrapped, bytesById];
    for (const [id, bytes] of gone) if (kept.get(id) !== bytes) bytes.fill(0);
    assertOpen();
    if (late) return;
    [list, bytesById] = [next, unwrapped];
    index();
  }
  /** The file as it is now, authenticated by this ring's guard and no older than what this process has seen. */
  async function current(): Promise<RingList> {
    assertOpen();
    const now = await read();
    if (now === null) throw new SafekeepError('ERR_KEY_RING_MISSING', { file });
    assertOpen();
    assertUnedited(guard, now.list, now.mac, file);
    if (now.list.counter < list.counter) {
      throw new SafekeepError('ERR_KEY_RING_EDITED', { file, counter: now.list.counter, seen: list.counter });
    }
    return now.list;
  }
  async function change(next: (now: RingList) => Promise<readonly RingEntry[]> | readonly RingEntry[]): Promise<void> {
    assertOpen();
    await withKeyFileLock(path, clock, async () => {
      const now = await current();
      const changed: RingList = { ...now, keys: await next(now), counter: now.counter + 1 };
      assertOpen();
      await write(changed, guard);
      await adopt(changed);
    });
  }
  function entryOf(now: RingList, id: number): RingEntry {
    const entry = now.keys.find((key) => key.id === id);
    if (entry === undefined) throw new SafekeepError('ERR_KEY_UNKNOWN', { keyId: id });
    return entry;
  }

  function active(purpose: KeyPurpose): RingKey {
    assertOpen();
    const key = activeFor.get(purpose);
    if (key === undefined) throw new SafekeepError('ERR_KEY_UNKNOWN', { purpose: nameOf(purpose) });
    return key;
  }

  return Object.freeze<KeyRing>({
    active,
    find(id) {
      assertOpen();
      return byId.get(id);
    },
    list() {
      assertOpen();
      return list.keys.map(info);
    },
    derive(purpose, label) {
      const key = active(purpose);
      return { keyId: key.id, key: key.derive(pae([utf8('sf1/derive'), utf8(purpose), utf8(label)])) };
    },
    async stage(purpose) {
      if (!keyPurposes.includes(purpose)) throw new SafekeepError('ERR_KEY_UNKNOWN', { purpose: nameOf(purpose) });
      let staged: RingEntry | undefined;
      await change(async (now) => {
        // Before it wraps anything: a root key that was exchanged since would split the ring in two.
        const again = await root.unwrap(now.guard.wrapped, guardContext(now.ring));
        if (!equalBytes(again, guard)) throw new SafekeepError('ERR_ROOT_KEY', { file });
        again.fill(0);
        staged = await makeKey(maker, now, purpose, 'staged');
        return [...now.keys, staged];
      });
      return info(staged as RingEntry);
    },
    async activate(id) {
      await change((now) => {
        const { purpose, state } = entryOf(now, id);
        if (state !== 'staged') throw new SafekeepError('ERR_KEY_STATE', { keyId: id, state: nameOf(state) });
        return now.keys.map((key) => {
          if (key.id === id) return { ...key, state: 'active' };
          return key.purpose === purpose && key.state === 'active' ? { ...key, state: 'decrypt-only' } : key;
        });
      });
    },
    async retire(id) {
      await change((now) => {
        const { state } = entryOf(now, id);
        if (state !== 'staged' && state !== 'decrypt-only') {
          throw new SafekeepError('ERR_KEY_STATE', { keyId: id, state: nameOf(state) });
        }
        return now.keys.map((key) => (key.id === id ? { ...key, state: 'decrypt-only' } : key));
      });
    },
    async reload() {
      await adopt(await current());
    },
    onClose(drop) {
      assertOpen();
      drops.push(drop);
    },
    close() {
      if (closed) return;
      closed = true;
      for (const drop of drops) drop();
      guard.fill(0);
      for (const bytes of bytesById.values()) bytes.fill(0);
    },
  });
}
