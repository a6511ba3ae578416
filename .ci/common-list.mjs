// Makes the list of common passwords that comes with the package, from the dictionary of @zxcvbn-ts/language-common (MIT).
import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const folder = join(root, 'dist/passwords/breached');

export async function makeCommonList() {
  const builder = join(folder, 'build-list.js');
  const output = join(folder, 'common.skb');
  const { dictionary } = createRequire(import.meta.url)('@zxcvbn-ts/language-common');
  const words = dictionary['passwords-common'];
  const lines = words.map((word) => `${createHash('sha1').update(word).digest('hex')}\n`).join('');
  const { buildBreachedList } = await import(builder);
  const { entries, fileBytes } = await buildBreachedList({ input: [Buffer.from(lines)], output });
  return { entries, fileBytes };
}
