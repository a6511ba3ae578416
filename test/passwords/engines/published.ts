import type { PasswordEngine, TagRequest } from '../../../src/passwords/engine.js';

export type Vector = readonly [
  TagRequest['variant'],
  kib: number,
  t: number,
  p: number,
  tag: string,
  pw?: string,
  salt?: string,
];

/** src/test.c of P-H-C/phc-winner-argon2, version 0x13; the last three are lines of golang/crypto argon2_test.go. */
export const published: readonly Vector[] = [
  ['argon2i', 65536, 2, 1, 'c1628832147d9720c5bd1cfd61367078729f6dfb6f8fea9ff98158e0d7816ed0'],
  ['argon2i', 256, 2, 1, '89e9029f4637b295beb027056a7336c414fadd43f6b208645281cb214a56452f'],
  ['argon2i', 256, 2, 2, '4ff5ce2769a1d7f4c8a491df09d41a9fbe90e5eb02155a13e4c01e20cd4eab61'],
  ['argon2i', 65536, 1, 1, 'd168075c4d985e13ebeae560cf8b94c3b5d8a16c51916b6f4ac2da3ac11bbecf'],
  ['argon2i', 65536, 2, 1, 'b0357cccfbef91f3860b0dba447b2348cbefecadaf990abfe9cc40726c521271', 'password', 'diffsalt'],
  ['argon2id', 65536, 2, 1, '09316115d5cf24ed5a15a31a3ba326e5cf32edc24702987c02b6566f61913cf7'],
  ['argon2id', 256, 2, 1, '9dfeb910e80bad0311fee20f9c0e2b12c17987b4cac90c2ef54d5b3021c68bfe'],
  ['argon2id', 256, 2, 2, '6d093c501fd5999645e0ea3bf620d7b8be7fd2db59c20d9fff9539da2bf57037'],
  ['argon2id', 65536, 1, 1, 'f6a5adc1ba723dddef9b5ac1d464e180fcd9dffc9d1cbf76cca2fed795d9ca98'],
  ['argon2id', 65536, 4, 1, '9025d48e68ef7395cca9079da4c4ec3affb3c8911fe4f86d1a2520856f63172c'],
  ['argon2id', 65536, 2, 1, '0b84d652cf6b0c4beaef0dfe278ba6a80df6696281d7e0d2891b817d8c458fde', 'differentpassword'],
  ['argon2id', 65536, 2, 1, 'bdf32b05ccc42eb15d58fd19b1f856b113da1e9a5874fdcc544308565aa8141c', 'password', 'diffsalt'],
  ['argon2id', 64, 1, 1, '655ad15eac652dc59f7170a7332bf49b8469be1fdb9c28bb'],
  ['argon2i', 64, 1, 1, 'b9c401d1844a67d50eae3967dc28870b22e508092e861a37'],
  ['argon2d', 64, 1, 1, '8727405fd07c32c78d64f547f24150d3f2e703a89f981a19'],
];

/** In hex, in order. */
export async function tagsOf(engine: PasswordEngine, vectors: readonly Vector[]): Promise<string[]> {
  const tags: string[] = [];
  for (const [variant, memoryKiB, passes, lanes, tag, pw = 'password', salt = 'somesalt'] of vectors) {
    const request = { variant, memoryKiB, passes, lanes, tagBytes: tag.length / 2 };
    const made = await engine.tag({ ...request, password: Buffer.from(pw), salt: Buffer.from(salt) });
    tags.push(Buffer.from(made).toString('hex'));
  }
  return tags;
}
