import { equalBytes } from '../../base/bytes.js';
import { SafekeepError } from '../../base/errors.js';
import { nameOf } from '../../base/names.js';
import type { PasswordEngine, TagRequest } from '../engine.js';

export interface KnownAnswer {
  readonly request: TagRequest;
  readonly tag: string;
}

/**
 * Published tags that cost less than a millisecond together: both lane counts of phc-winner-argon2 (src/test.c), every
 * variant, a tag that is not of 32 bytes. The tags of RFC 9106 section 5 take a secret and associated data, which not
 * every engine can be given; the tests hold those that can to them.
 */
export const knownAnswers: readonly KnownAnswer[] = Object.freeze([
  known('argon2id', 256, 2, 1, '9dfeb910e80bad0311fee20f9c0e2b12c17987b4cac90c2ef54d5b3021c68bfe'),
  known('argon2id', 256, 2, 2, '6d093c501fd5999645e0ea3bf620d7b8be7fd2db59c20d9fff9539da2bf57037'),
  known('argon2i', 256, 2, 2, '4ff5ce2769a1d7f4c8a491df09d41a9fbe90e5eb02155a13e4c01e20cd4eab61'),
  // golang/crypto argon2_test.go.
  known('argon2d', 64, 1, 1, '8727405fd07c32c78d64f547f24150d3f2e703a89f981a19'),
]);

function known(
  variant: TagRequest['variant'],
  memoryKiB: number,
  passes: number,
  lanes: number,
  tag: string,
): KnownAnswer {
  const [password, salt] = [Buffer.from('password'), Buffer.from('somesalt')];
  return { request: { variant, memoryKiB, passes, lanes, password, salt, tagBytes: tag.length / 2 }, tag };
}

/** Whether these are the published tags, in order. */
export function areKnown(tags: readonly Uint8Array[]): boolean {
  return (
    tags.length === knownAnswers.length &&
    knownAnswers.every(({ tag }, at) => equalBytes(tags[at] as Uint8Array, Buffer.from(tag, 'hex')))
  );
}

/**
 * Asks an engine for the published tags, in this process.
 * @throws SafekeepError ERR_PASSWORD_ENGINE when it gives others: passwords hashed wrongly can never be checked again
 */
export async function assertKnown(engine: PasswordEngine, name: string): Promise<void> {
  const tags: Uint8Array[] = [];
  for (const { request } of knownAnswers) tags.push(await engine.tag(request));
  if (areKnown(tags)) return;
  throw new SafekeepError('ERR_PASSWORD_ENGINE', { engine: nameOf(name), because: nameOf('wrong') });
}
