import { join } from 'node:path';
import type { Clock } from '../../src/base/clock.js';
import { nameOf } from '../../src/base/names.js';
import { fileRootKey, type KeyRing, type KeyRingOptions, type KeySource, openKeyRing } from '../../src/keys/index.js';
import { temporaryFolder } from './temporary-folder.js';

export const dayMs = 86_400_000;

/** A clock that stands still until it is moved; a wait moves it. */
export function manualClock(startMs: number = Date.UTC(2026, 10, 22)): Clock & { advance(ms: number): void } {
  let nowMs = startMs;
  const advance = (ms: number) => {
    nowMs += ms;
  };
  return { nowMs: () => nowMs, wait: async (ms) => advance(ms), advance };
}

/** A root key that answers, or not, as it is told. */
export function switchable(root: KeySource): KeySource & { up: boolean; asked: number } {
  const source = {
    kind: nameOf('test'),
    up: true,
    asked: 0,
    async wrap(material: Uint8Array, context: Uint8Array) {
      source.asked += 1;
      if (!source.up) throw new Error('down');
      return await root.wrap(material, context);
    },
    async unwrap(wrapped: Uint8Array, context: Uint8Array) {
      source.asked += 1;
      if (!source.up) throw new Error('down');
      return await root.unwrap(wrapped, context);
    },
  };
  return source;
}

export interface FileRing {
  readonly ring: KeyRing;
  readonly root: KeySource;
  readonly folder: string;
  readonly path: string;
}

/** A new ring in a file of this test alone. */
export async function newFileRing(options: Partial<KeyRingOptions> = {}): Promise<FileRing> {
  const folder = await temporaryFolder();
  const path = join(folder, 'keys.json');
  const root = options.root ?? fileRootKey(join(folder, 'root.key'), { create: true });
  const settings = { ...options, root, path, create: true } as KeyRingOptions;
  return { ring: await openKeyRing(settings), root, folder, path };
}

/** Moves a key of fields to a state by legal steps. */
export async function fieldsKeyIn(ring: KeyRing, state: string): Promise<number> {
  if (state === 'active') return ring.active('fields').id;
  const { id } = await ring.stage('fields');
  if (state === 'staged') return id;
  await ring.activate(id);
  await ring.activate((await ring.stage('fields')).id);
  if (state === 'suspended' || state === 'destroyed') await ring.suspend(id);
  if (state === 'compromised') await ring.compromise(id);
  if (state === 'destroyed') {
    await ring.destroy(id, await ring.attestUnused(id, [{ table: 'customers', column: 'email', rows: 0 }]));
  }
  return id;
}
