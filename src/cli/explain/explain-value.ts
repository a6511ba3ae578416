import { fromBase64Url } from '../../base/bytes.js';
import { hashMailToken, type MailTokenKind, mailTokenKinds } from '../../base/mail-token.js';
import { schemeOf } from '../../passwords/legacy/schemes.js';
import { parseWrapped } from '../../passwords/legacy/wrapped.js';
import { parsePhc } from '../../passwords/phc.js';

/** What can be said of a stored value without its value: nothing here repeats any part of it. */
export interface Explanation {
  readonly format:
    | 'sealed value'
    | 'password hash'
    | 'old password hash'
    | 'wrapped password hash'
    | 'foreign password hash'
    | 'blind index'
    | 'pseudonym'
    | 'mail token'
    | 'hash of a token'
    | 'fingerprint';
  /** For a person. */
  readonly meaning: string;
  readonly facts: Readonly<Record<string, string | number>>;
  /** The ring key that it names, unauthenticated. */
  readonly keyId?: number;
}

const mailTokenUse: Readonly<Record<MailTokenKind, string>> = {
  rst: 'reset',
  cnf: 'confirmation',
  chg: 'new mail address',
  und: 'undoing a mail address',
};

const headerBytes = 6;
const tagBytes = 16;
const nonceBytes = 24;
const commitmentBytes = 32;
/** Suites by their byte: name, and bytes beyond the plaintext. A stream is explained by its own register. */
const suites: ReadonlyMap<number, readonly [name: string, overheadBytes: number]> = new Map([
  [0x01, ['01 KC-XAES-256-GCM', headerBytes + nonceBytes + commitmentBytes + tagBytes]],
  [0x02, ['02 XAES-256-GCM', headerBytes + nonceBytes + tagBytes]],
  [0x11, ['11 sealed row, KC-XAES-256-GCM', headerBytes + nonceBytes + commitmentBytes + tagBytes]],
]);
const magicByte = 0xc1;
/** Type tag and the byte that starts the padding. */
const leastPlaintextBytes = 2;

/** Tells by its form what a stored value is; null when it is no form of ours. */
export function explainValue(value: string | Buffer): Explanation | null {
  if (typeof value !== 'string') return explainBytes(value, { bytes: value.length });
  const size = { characters: value.length };
  if (value.startsWith('sf1.')) {
    const bytes = fromBase64Url(value.slice(4));
    return bytes === null ? null : explainSealed(bytes, { ...size, bytes: bytes.length });
  }
  if (value.startsWith('$')) return explainPasswordHash(value, size);
  // Base64 alone is too little to call a value a hash; in a password's place it is one (`explainPassword`).
  if (/^(bcrypt|pbkdf2|scrypt|md5|sha1|argon2|\{)/.test(value)) {
    const old = explainOld(value, size);
    if (old !== null) return old;
  }
  const [, type, keyId] = /^t1:([a-z][a-z0-9_.-]{0,63}):([0-9a-f]{8}):[A-Za-z0-9_-]{22}$/.exec(value) ?? [];
  if (type !== undefined && keyId !== undefined) {
    const meaning = 'stands for a personal value in logs; whoever holds the ring can test guesses against it';
    return { format: 'pseudonym', meaning, facts: { type, ...size }, keyId: Number.parseInt(keyId, 16) };
  }
  for (const kind of mailTokenKinds) {
    if (hashMailToken(kind, value) === null) continue;
    const meaning = 'the token itself, as it is mailed: a secret, and only its hash belongs into a database';
    return { format: 'mail token', meaning, facts: { for: mailTokenUse[kind], ...size } };
  }
  if (/^[A-Za-z0-9_-]{22}$/.test(value) && fromBase64Url(value)?.length === 16) {
    const meaning = 'finds rows whose sealed value equals the one that was looked for; opens nothing';
    return { format: 'blind index', meaning, facts: { bits: 128, ...size } };
  }
  const [, hex] = /^(?:\\x)?((?:[0-9a-f]{2})+)$/.exec(value) ?? [];
  if (hex === undefined) return null;
  if (hex.length === 16 && hex === value) {
    const meaning = 'xxh64 of public bytes; proves nothing';
    return { format: 'fingerprint', meaning, facts: { bits: 64, ...size } };
  }
  const bytes = Buffer.from(hex, 'hex');
  return explainBytes(bytes, { ...size, bytes: bytes.length });
}

function explainBytes(bytes: Buffer, size: Readonly<Record<string, number>>): Explanation | null {
  if (bytes[0] === magicByte) {
    const sealed = explainSealed(bytes, size);
    if (sealed !== null) return sealed;
  }
  if (bytes.length !== 32) return null;
  const meaning = 'SHA-256 of 256 random bits, as session ids and mail tokens are kept; or another value of 32 bytes';
  return { format: 'hash of a token', meaning, facts: { bits: 256, ...size } };
}

function explainSealed(bytes: Buffer, size: Readonly<Record<string, number>>): Explanation | null {
  if (bytes[0] !== magicByte || bytes.length < headerBytes) return null;
  const keyId = bytes.readUInt32BE(2);
  const [name, overheadBytes] = suites.get(bytes.readUInt8(1)) ?? [];
  if (keyId === 0 || name === undefined || overheadBytes === undefined) return null;
  const valueBytesAtMost = bytes.length - overheadBytes - leastPlaintextBytes;
  if (valueBytesAtMost < 0) return null;
  const meaning = 'opens only in its own place; a password hash and any other value look alike from outside';
  return { format: 'sealed value', meaning, facts: { suite: name, ...size, valueBytesAtMost }, keyId };
}

function explainPasswordHash(value: string, size: Readonly<Record<string, number>>): Explanation | null {
  const phc = parsePhc(value);
  if (!('unusable' in phc)) {
    const { variant, memoryKiB, passes, lanes, salt, tag } = phc;
    const facts = { variant, memoryKiB, passes, lanes, saltBytes: salt.length, tagBytes: tag.length, ...size };
    return { format: 'password hash', meaning: 'plain PHC, not under a key', facts };
  }
  if (phc.unusable === 'bounds') {
    const meaning = 'plain PHC outside of the bounds that are computed: it never matches';
    return { format: 'password hash', meaning, facts: { outOfBounds: String(phc.part ?? 'length'), ...size } };
  }
  const wrapped = parseWrapped(value);
  if (wrapped !== undefined) {
    const { variant, costs, salt } = wrapped.settings;
    const meaning = 'argon2id over an old hash, whose digest is not in it; its next sign-in makes it plain argon2id';
    const facts = { old: variant, oldCosts: costs.join(',') || 'fixed', oldSaltBytes: salt.length };
    return {
      format: 'wrapped password hash',
      meaning,
      facts: { ...facts, ...explainPasswordHash(wrapped.phc, size)?.facts },
    };
  }
  const old = explainOld(value, size);
  if (old !== null) return old;
  const [, scheme] = /^\$([a-z0-9-]{1,24})\$/.exec(value) ?? [];
  if (scheme === undefined) return null;
  const meaning = 'of another program, or not in the one canonical spelling: it never matches';
  return { format: 'foreign password hash', meaning, facts: { scheme, ...size } };
}

/** What lies in a password's place. */
export function explainPassword(value: string): Explanation | null {
  return explainValue(value) ?? explainOld(value, { characters: value.length });
}

function explainOld(value: string, size: Readonly<Record<string, number>>): Explanation | null {
  const scheme = schemeOf(value);
  if (scheme === undefined) return null;
  const meaning =
    'looks like a hash of an old scheme: it matches where that is declared, and `passwords wrap` covers it';
  return { format: 'old password hash', meaning, facts: { scheme, ...size } };
}
