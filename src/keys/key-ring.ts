import { deriveKey } from '../aead/index.js';
import { equalBytes } from '../base/bytes.js';
import { SafekeepError } from '../base/errors.js';
import { nameOf, say } from '../base/names.js';
import type { DerivedKeys } from '../base/ports/derived-keys.js';
import type { KeySource } from '../base/ports/key-source.js';
import type { UnusedPlace, UnusedProof } from '../base/ports/unused-proof.js';
import { createDerivedCache } from './derived-cache.js';
import { changed, entryOf } from './key-changes.js';
import { type KeyInfo, type KeyPurpose, keyPurposes, mayOpen, type RingKey } from './key-state.js';
import { type KeyMaker, makeKey, makeRing } from './new-keys.js';
import { formatRing, parseRing, type StoredRing } from './ring-file.js';
import { assertUnedited, rewrap, unwrapGuard, unwrapKeys } from './ring-keys.js';
import { guardContext, listMac, type RingEntry, type RingList } from './ring-list.js';
import { type KeyRingOptions, readRingOptions } from './ring-options.js';
import type { RingStore } from './ring-store.js';
import { createRootWatch } from './root-watch.js';
import { assertProof, mintProof } from './unused-proof.js';

/** The keys of an application, each for one purpose. `derive` is for pseudonyms, limits and indexes. */
export interface KeyRing extends DerivedKeys {
  /**
   * The key that seals for a purpose now. @throws ERR_KEY_UNKNOWN when the purpose has none; ERR_KEY_RING_CLOSED;
   * ERR_ROOT_KEY_UNAVAILABLE where writes wait for the root key
   */
  active(purpose: KeyPurpose): RingKey;
  /**
   * A key that may open values. undefined: not in the ring, suspended or destroyed. @throws ERR_KEY_RING_CLOSED;
   * ERR_ROOT_KEY_UNAVAILABLE when the root key has been silent for longer than reads may go on
   */
  find(id: number): RingKey | undefined;
  /** Every key, oldest first, without its bytes. */
  list(): readonly KeyInfo[];
  /**
   * Adds a key that opens but does not seal, and writes the ring. Let every server `reload()` before it is activated:
   * otherwise one seals with a key that another does not know yet. A ring in a database waits for that by itself.
   */
  stage(purpose: KeyPurpose): Promise<KeyInfo>;
  /**
   * Makes a staged key the one that seals; the key that was active becomes decrypt-only.
   * Blind indexes are made under the active `index` key, and looked up under every one that opens: after activating
   * another, rotate them and let the old one be until that is done. @throws ERR_KEY_STATE unless the key is staged; ERR_KEY_UNKNOWN; ERR_KEY_ROLL_OUT while another
   * process that holds the ring (in a database) does not open the key yet
   */
  activate(id: number): Promise<void>;
  /**
   * Makes a staged key decrypt-only, which takes it out of a roll-out. A key that is decrypt-only already stays so.
   * @throws ERR_KEY_STATE for an active key, because its purpose would have none: activate another first
   */
  retire(id: number): Promise<void>;
  /**
   * Takes a decrypt-only key out of use without losing it: what still needs it fails now, and `resume` brings it back.
   * @throws ERR_KEY_STATE; ERR_KEY_ROLL_OUT while another process still seals with it
   */
  suspend(id: number): Promise<void>;
  /** Makes a suspended key decrypt-only again; it never seals again. @throws ERR_KEY_STATE */
  resume(id: number): Promise<void>;
  /**
   * Marks a key that somebody else may know. It still opens, so that values can be moved off it, and never becomes
   * anything but destroyed. @throws ERR_KEY_STATE for an active key: stage and activate another first
   */
  compromise(id: number): Promise<void>;
  /**
   * For `fields.proveUnused`, which has counted every place: mints the proof that `destroy` asks for. Whoever holds the
   * ring can mint one, so it guards against haste, not against the program.
   * @throws ERR_KEY_PROOF when a place has rows, the key may still seal, or is of another purpose than fields and index;
   * ERR_KEY_ROLL_OUT while another process still seals with it
   */
  attestUnused(id: number, places: readonly UnusedPlace[]): Promise<UnusedProof>;
  /**
   * Erases the bytes of a suspended or compromised key. Nothing brings them back but a copy of the ring made before, so
   * older backups of the ring have to go too.
   * @throws ERR_KEY_PROOF without a proof of this ring about this key that is older than `backupHorizonDays`;
   * ERR_KEY_STATE; ERR_KEY_ROLL_OUT
   */
  destroy(id: number, proof: UnusedProof): Promise<void>;
  /**
   * Erases the bytes of a key of `pseudonyms` that makes no tokens any more, without a proof: nothing lies under it but
   * the joins between lines of a log, and those shall end. `turnPseudonymEpochs` calls it when a log's retention is over.
   * @throws ERR_KEY_PROOF for a key of another purpose; ERR_KEY_STATE; ERR_KEY_ROLL_OUT while another process still
   * makes tokens with it
   */
  forget(id: number): Promise<void>;
  /**
   * The whole ring wrapped anew under another root key, as the text of a ring file: for a backup that survives the loss
   * of the first root key. It never holds a key in the clear.
   */
  sealedExport(recovery: KeySource): Promise<string>;
  /**
   * Reads the ring again, for changes that another process made, and asks the root key whether it still opens it.
   * @throws ERR_KEY_RING_EDITED for an older list; what the root key throws
   */
  reload(): Promise<void>;
  /** Calls `drop` when the ring is closed: whoever keeps keys derived from it wipes them there. */
  onClose(drop: () => void): void;
  /** Wipes the key bytes. Every later use throws ERR_KEY_RING_CLOSED. */
  close(): void;
}

/** Writers of a ring are people and deployments: whoever loses this often in a row meets a fault, not a neighbour. */
const mostTries = 10;

/**
 * Opens the key ring: unwraps every key under the root key, and refuses a ring that was edited or belongs to another
 * root key before a single row is read. In a file (`path`) or in a database (`database`), where processes acknowledge
 * what they hold and a key is activated only when all of them open it.
 *
 * The list of keys carries a MAC and a rising counter. They detect an edit at once, and an older list while the process
 * runs. They do NOT detect that the whole ring was put back to an older state between two starts.
 * @throws SafekeepError ERR_KEY_RING_MISSING (and `create` is not true), ERR_KEY_RING_INVALID, ERR_KEY_RING_EDITED,
 * ERR_ROOT_KEY when the root key is not the one the ring was made under, ERR_KEY_RING_BUSY, ERR_KEY_FILE, and what the
 * root key throws. ASVS 5.0 11.1.1, 13.3.1; states after NIST SP 800-57 part 1.
 * @example
 * const keys = await openKeyRing({ root: fileRootKey('root.key'), path: 'keys.json' });
 * process.once('exit', () => keys.close());
 */
export async function openKeyRing(options: KeyRingOptions): Promise<KeyRing> {
  const read = readRingOptions(options);
  const { root, create, clock, random, backupHorizonDays, refreshSeconds, store } = read;
  const maker: KeyMaker = { root, clock, random };
  const watch = createRootWatch(root.kind, clock, read.readsWithoutRootSeconds, read.writesWithoutRoot);

  const first = (await stored(store)) ?? (await (create ? makeFirst(store, maker) : missing(store)));
  let { list } = first;
  const guard = await unwrapGuard(root, list, first.mac, store.name);
  let bytesById = await unwrapKeys(root, list, new Map());
  let byId: ReadonlyMap<number, RingKey> = new Map();
  let activeFor: ReadonlyMap<KeyPurpose, RingKey> = new Map();
  let closed = false;
  const derived = createDerivedCache();
  const drops: (() => void)[] = [derived.drop];
  index();

  function assertOpen(): void {
    if (closed) throw new SafekeepError('ERR_KEY_RING_CLOSED');
  }
  function index(): void {
    derived.drop();
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
  /** The ring as it is now, authenticated by this ring's guard and no older than what this process has seen. */
  async function current(): Promise<RingList> {
    assertOpen();
    const now = (await stored(store)) ?? missing(store);
    assertOpen();
    assertUnedited(guard, now.list, now.mac, store.name);
    if (now.list.counter < list.counter) {
      throw new SafekeepError('ERR_KEY_RING_EDITED', {
        file: store.name,
        counter: now.list.counter,
        seen: list.counter,
      });
    }
    return now.list;
  }
  async function change(next: (now: RingList) => Promise<readonly RingEntry[]> | readonly RingEntry[]): Promise<void> {
    assertOpen();
    for (let tried = 0; tried < mostTries; tried += 1) {
      let written = false;
      await store.exclusively(async () => {
        const now = await current();
        const after: RingList = { ...now, keys: await next(now), counter: now.counter + 1 };
        assertOpen();
        written = await store.write(formatRing(after, listMac(guard, after)), after.counter, now.counter);
        if (written) await adopt(after);
      });
      if (written) return store.acknowledge(list);
    }
    throw new SafekeepError('ERR_KEY_RING_BUSY', { file: store.name });
  }
  async function assertNobodyBehind(id: number, what: 'opens' | 'seals'): Promise<void> {
    const waitingFor = await store.behind(id, what);
    if (waitingFor > 0) throw new SafekeepError('ERR_KEY_ROLL_OUT', { keyId: id, waitingFor });
  }
  /** Asks the root key for the guard again: a root key that was exchanged since would split the ring in two. */
  async function askRoot(now: RingList): Promise<void> {
    try {
      const again = await root.unwrap(now.guard.wrapped, guardContext(now.ring));
      const same = equalBytes(again, guard);
      again.fill(0);
      assertOpen();
      if (!same) throw new SafekeepError('ERR_ROOT_KEY', { file: store.name });
      watch.answered();
    } catch (error) {
      watch.failed();
      throw error;
    }
  }
  async function reload(): Promise<void> {
    let now: RingList;
    try {
      now = await current();
      await adopt(now);
      await store.acknowledge(list);
    } finally {
      // Asked even where the ring cannot be read: the time that reads may go on runs from its last answer.
      if (!closed) await askRoot(list);
    }
  }
  function activeKey(purpose: KeyPurpose): RingKey {
    assertOpen();
    watch.assertReads();
    const key = activeFor.get(purpose);
    if (key === undefined) throw new SafekeepError('ERR_KEY_UNKNOWN', { purpose: nameOf(purpose) });
    return key;
  }

  // Told first and read again after it: a change that was decided without this process is seen here.
  await store.acknowledge(list);
  if (read.database !== undefined) await adopt(await current()).then(() => store.acknowledge(list));
  const stopRefreshing = refreshSeconds === 0 ? () => undefined : every(refreshSeconds * 1000, reload);

  return Object.freeze<KeyRing>({
    active(purpose) {
      const key = activeKey(purpose);
      // Other purposes are derived for reading too: a look-up by blind index is no write.
      if (purpose === 'fields') watch.assertWrites();
      return key;
    },
    find(id) {
      assertOpen();
      watch.assertReads();
      return byId.get(id);
    },
    list() {
      assertOpen();
      return list.keys.map(info);
    },
    derive(purpose, label) {
      const key = activeKey(purpose);
      return { keyId: key.id, key: derived.of(key, purpose, label) };
    },
    async stage(purpose) {
      if (!keyPurposes.includes(purpose)) throw new SafekeepError('ERR_KEY_UNKNOWN', { purpose: nameOf(purpose) });
      let staged: RingEntry | undefined;
      await change(async (now) => {
        await askRoot(now);
        staged = await makeKey(maker, now, purpose, 'staged');
        return [...now.keys, staged];
      });
      return info(staged as RingEntry);
    },
    activate: (id) =>
      change(async (now) => {
        const keys = changed(now, id, 'activate');
        await assertNobodyBehind(id, 'opens');
        return keys;
      }),
    retire: (id) => change((now) => changed(now, id, 'retire')),
    suspend: (id) =>
      change(async (now) => {
        const keys = changed(now, id, 'suspend');
        await assertNobodyBehind(id, 'seals');
        return keys;
      }),
    resume: (id) => change((now) => changed(now, id, 'resume')),
    compromise: (id) => change((now) => changed(now, id, 'compromise')),
    async attestUnused(id, places) {
      const now = await current();
      await assertNobodyBehind(id, 'seals');
      assertOpen();
      return mintProof(guard, now, id, places, clock.nowMs());
    },
    destroy: (id, proof) =>
      change(async (now) => {
        const keys = changed(now, id, 'destroy');
        assertProof(guard, now, id, proof, { nowMs: clock.nowMs(), backupHorizonDays });
        await assertNobodyBehind(id, 'seals');
        return keys;
      }),
    forget: (id) =>
      change(async (now) => {
        const keys = changed(now, id, 'forget');
        if (entryOf(now, id).purpose !== 'pseudonyms') {
          throw new SafekeepError('ERR_KEY_PROOF', {
            keyId: id,
            problem: say`only keys of pseudonyms go without a proof`,
          });
        }
        await assertNobodyBehind(id, 'seals');
        return keys;
      }),
    async sealedExport(recovery) {
      await adopt(await current());
      return await rewrap(recovery, list, guard, bytesById);
    },
    reload,
    onClose(drop) {
      assertOpen();
      drops.push(drop);
    },
    close() {
      if (closed) return;
      closed = true;
      stopRefreshing();
      store.leave().catch(() => undefined);
      for (const drop of drops) drop();
      guard.fill(0);
      for (const bytes of bytesById.values()) bytes.fill(0);
    },
  });
}

function info({ id, purpose, state, created }: KeyInfo): KeyInfo {
  return Object.freeze({ id, purpose, state, created });
}

async function stored(store: RingStore): Promise<StoredRing | null> {
  const text = await store.read();
  return text === null ? null : parseRing(text, store.name);
}

async function makeFirst(store: RingStore, maker: KeyMaker): Promise<StoredRing> {
  await store.prepare();
  await store.exclusively(async () => {
    if ((await store.read()) !== null) return;
    const { list, guard } = await makeRing(maker);
    await store.write(formatRing(list, listMac(guard, list)), list.counter, 0);
    guard.fill(0);
  });
  return (await stored(store)) ?? missing(store);
}

function missing(store: RingStore): never {
  throw new SafekeepError('ERR_KEY_RING_MISSING', { file: store.name, advice: say`create: true makes a new one` });
}

/** Work again and again until it is stopped, never twice at once. It keeps no process alive, and a failure waits for the next. */
function every(ms: number, work: () => Promise<void>): () => void {
  let busy = false;
  const timer = setInterval(() => {
    if (busy) return;
    busy = true;
    work()
      .catch(() => undefined)
      .finally(() => {
        busy = false;
      });
  }, ms);
  timer.unref();
  return () => clearInterval(timer);
}
