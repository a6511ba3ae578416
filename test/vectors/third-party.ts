import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = join(import.meta.dirname, '../../../shared/vectors');

/**
 * Third-party vector files are not part of this repository. Where they lie beside it they are read; elsewhere the
 * suite says loudly that it was skipped (the published vectors typed into test/aead hold everywhere).
 */
export function thirdParty(name: string): { readonly present: boolean; text(): string } {
  const path = join(folder, name);
  const present = existsSync(path);
  if (!present) console.warn(`SKIPPED: third-party vectors ${name} are not in ../shared/vectors`);
  return { present, text: () => readFileSync(path, 'utf8') };
}
