import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileRootKey, type KeyRing, openKeyRing } from 'safekeep/keys';

/** A new key ring. Its files are gone at once: what is timed never reads them. */
export async function newRing(): Promise<KeyRing> {
  const folder = mkdtempSync(join(tmpdir(), 'safekeep-bench-'));
  try {
    const root = fileRootKey(join(folder, 'root.key'), { create: true });
    return await openKeyRing({ root, path: join(folder, 'keys.json'), create: true });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
