import { createLineBlocks } from '../../redaction/lines/line-blocks.js';

/** Whole lines as they come; the last block may end without a line feed. */
export async function* readBlocks(input: AsyncIterable<unknown>, maxLineBytes: number): AsyncGenerator<Buffer> {
  const lines = createLineBlocks(maxLineBytes);
  for await (const chunk of input) {
    const block = lines.take(chunk as Uint8Array);
    if (block !== undefined) yield block;
  }
  const rest = lines.rest();
  if (rest.length > 0) yield rest;
}

const longestKey = 65_536;
const [begin, end, lineFeed] = ['-----BEGIN ', '-----END ', 10] as const;

/** The same blocks for workers that know nothing of each other: none ends inside a private key. */
export async function* apart(blocks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let held: Buffer = Buffer.alloc(0);
  for await (const block of blocks) {
    const bytes = held.length === 0 ? block : Buffer.concat([held, block]);
    const cut = startOfOpenKey(bytes);
    if (cut > 0) yield bytes.subarray(0, cut);
    held = bytes.subarray(cut);
  }
  if (held.length > 0) yield held;
}

/** Where the line begins that opens a key without an end; the length of the block where there is none. */
function startOfOpenKey(bytes: Buffer): number {
  const at = bytes.lastIndexOf(begin);
  if (at < 0 || bytes.length - at > longestKey) return bytes.length;
  const isKey = bytes.toString('latin1', at, at + 80).includes('PRIVATE KEY');
  return isKey && !bytes.includes(end, at) ? bytes.lastIndexOf(lineFeed, at) + 1 : bytes.length;
}
