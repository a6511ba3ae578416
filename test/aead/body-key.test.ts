import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { type BodyKey, committedOverheadBytes, createBodyKey, plainOverheadBytes } from '../../src/aead/body-key.js';
import { createNonces, type Nonces } from '../../src/aead/nonces.js';
import { ascii, fixedRandom, hex } from './hex.js';

// Source: aws/aws-lc, branch xaes-256-gcm, crypto/cipher_extra/test/xaes_256_gcm_kc_tests.txt. TAG there is tag || KC.
const published = [
  {
    key: '01'.repeat(32),
    nonce: '42'.repeat(24),
    plaintext: 'Hello, XAES-256-GCM!',
    aad: '',
    ciphertext: '01e5f78bc99de880bd2eeff2870d361f0eab5b2f',
    tag: 'c55268f34b14045878fe3668db980319',
    commitment: 'bf37571be1b43aeca64a95d99a2f162e24f8bfd79bbb71fa7d943e6fc060a8ae',
  },
  {
    key: '01'.repeat(32),
    nonce: '4142434445464748494a4b4c4d4e4f505152535455565758',
    plaintext: 'XAES-256-GCM',
    aad: '',
    ciphertext: 'ce546ef63c9cc60765923609',
    tag: 'b33a9a1974e96e52daf2fcf7075e2271',
    commitment: '04076b6085eebab138855fe57811c04112eff989d44120dfff662d5475a383c3',
  },
  {
    key: '03'.repeat(32),
    nonce: '4142434445464748494a4b4c4d4e4f505152535455565758',
    plaintext: 'XAES-256-GCM',
    aad: 'c2sp.org/XAES-256-GCM',
    ciphertext: '986ec1832593df5443a17943',
    tag: '7fd083bf3fdb41abd740a21f71eb769d',
    commitment: '5553cd21d1592b422e3129632a3187eee8a658cdca5c5b32ce86308dcc18e9d1',
  },
];
const createCommittedKey = (of: Buffer, nonces: Nonces) => createBodyKey(of, { nonces, committed: true });
const key = createCommittedKey(hex('07'.repeat(32)), createNonces());
const aad = ascii('place');
const plaintext = ascii('a value of a customer');
function sealed(): Buffer {
  const body = Buffer.alloc(plaintext.length + committedOverheadBytes);
  key.sealInto(body, 0, plaintext, aad);
  return body;
}

describe('suite 01, KC-XAES-256-GCM', () => {
  it.each(published)('gives the published commitment, ciphertext and tag of $plaintext', (vector) => {
    const nonce = hex(vector.nonce);
    const vectorKey = createCommittedKey(hex(vector.key), createNonces(fixedRandom(nonce)));
    const body = Buffer.alloc(vector.plaintext.length + committedOverheadBytes);
    vectorKey.sealInto(body, 0, ascii(vector.plaintext), ascii(vector.aad));
    expect(body.toString('hex')).toBe(vector.nonce + vector.commitment + vector.ciphertext + vector.tag);
    expect(vectorKey.open(body, 0, ascii(vector.aad)).toString()).toBe(vector.plaintext);
  });

  it('accepts no body in which one bit differs, and says whether the key or the bytes are wrong', () => {
    const body = sealed();
    for (let bit = 0; bit < body.length * 8; bit += 1) {
      const copy = Buffer.from(body);
      copy[bit >> 3] = (copy[bit >> 3] as number) ^ (1 << (bit & 7));
      expect(key.open(copy, 0, aad)).toBe(bit < 56 * 8 ? 'key' : 'body');
    }
  });

  it('accepts no tag shorter than 16 bytes and no body cut or made longer', () => {
    const body = sealed();
    for (let length = 0; length < body.length; length += 1)
      expect(key.open(body.subarray(0, length), 0, aad)).toBe('body');
    expect(key.open(Buffer.concat([body, Buffer.alloc(1)]), 0, aad)).toBe('body');
  });

  it('refuses other associated data as a matter of the body, and another key as a matter of the key', () => {
    const other = createCommittedKey(hex('08'.repeat(32)), createNonces());
    expect(key.open(sealed(), 0, ascii('elsewhere'))).toBe('body');
    expect(other.open(sealed(), 0, aad)).toBe('key');
  });

  it('knows what it sealed without opening it', () => {
    const other = createCommittedKey(hex('08'.repeat(32)), createNonces());
    const body = sealed();
    expect(key.sealedThis(body, 0, aad)).toBe(true);
    expect(other.sealedThis(body, 0, aad)).toBe(false);
    expect(key.sealedThis(body.subarray(0, 50), 0, aad)).toBe(false);
  });

  it('never seals twice alike', () => {
    const bodies = new Set(Array.from({ length: 1000 }, () => sealed().toString('hex')));
    expect(bodies.size).toBe(1000);
  });

  it('throws after it was closed', () => {
    const closed = createCommittedKey(hex('07'.repeat(32)), createNonces());
    const body = sealed();
    closed.close();
    expect(() => closed.open(body, 0, aad)).toThrow();
    expect(() => closed.sealInto(body, 0, plaintext, aad)).toThrow();
    const used = createCommittedKey(hex('07'.repeat(32)), createNonces());
    used.sealInto(body, 0, plaintext, aad);
    used.close();
    // Keys derived ahead are wiped, and must not seal as keys of zeros.
    expect(() => used.sealInto(body, 0, plaintext, aad)).toThrow();
  });
});

describe('suite 02, XAES-256-GCM', () => {
  const plainKey = (fill: string, nonces = createNonces()): BodyKey =>
    createBodyKey(hex(fill.repeat(32)), { nonces, committed: false });
  const plain = plainKey('07');
  function sealedPlain(): Buffer {
    const body = Buffer.alloc(plaintext.length + plainOverheadBytes);
    plain.sealInto(body, 0, plaintext, aad);
    return body;
  }

  it('is suite 01 without its commitment: 32 bytes less, the same ciphertext for the same nonce', () => {
    const nonces = () => createNonces(fixedRandom(ascii('ABCDEFGHIJKLMNOPQRSTUVWX')));
    const [short, long] = [Buffer.alloc(61), Buffer.alloc(93)];
    plainKey('07', nonces()).sealInto(short, 0, plaintext, aad);
    createCommittedKey(hex('07'.repeat(32)), nonces()).sealInto(long, 0, plaintext, aad);
    expect(plain.overheadBytes + 32).toBe(key.overheadBytes);
    expect(short).toEqual(Buffer.concat([long.subarray(0, 24), long.subarray(56)]));
  });

  it('accepts no body in which one bit differs, cut, made longer, under another key or with other data', () => {
    const body = sealedPlain();
    expect(plain.open(body, 0, aad)).toEqual(plaintext);
    for (let bit = 0; bit < body.length * 8; bit += 1) {
      const copy = Buffer.from(body);
      copy[bit >> 3] = (copy[bit >> 3] as number) ^ (1 << (bit & 7));
      expect(plain.open(copy, 0, aad)).toBe('body');
    }
    for (let length = 0; length < body.length; length += 1)
      expect(plain.open(body.subarray(0, length), 0, aad)).toBe('body');
    expect(plain.open(Buffer.concat([body, Buffer.alloc(1)]), 0, aad)).toBe('body');
    expect(plain.open(body, 0, ascii('elsewhere'))).toBe('body');
    expect(plainKey('08').open(body, 0, aad)).toBe('body');
  });

  it('knows what it sealed by opening it', () => {
    const body = sealedPlain();
    expect(plain.sealedThis(body, 0, aad)).toBe(true);
    expect(plain.sealedThis(body, 0, ascii('elsewhere'))).toBe(false);
    expect(plainKey('08').sealedThis(body, 0, aad)).toBe(false);
  });

  it('never seals twice alike, and throws after it was closed', () => {
    expect(new Set(Array.from({ length: 100 }, () => sealedPlain().toString('hex'))).size).toBe(100);
    const used = plainKey('07');
    const body = Buffer.alloc(plaintext.length + plainOverheadBytes);
    used.sealInto(body, 0, plaintext, aad);
    used.close();
    expect(() => used.sealInto(body, 0, plaintext, aad)).toThrow();
    expect(() => used.open(body, 0, aad)).toThrow();
  });
});

describe.each([true, false])('hedged nonces (committed: %s)', (committed) => {
  const stuck = () => createNonces(fixedRandom(Buffer.alloc(24, 5)));
  const hedged = (hedge = Buffer.alloc(32, 3), nonces = stuck()) =>
    createBodyKey(hex('07'.repeat(32)), { nonces, committed, hedge });
  function seal(by: BodyKey, text: string, data = aad): Buffer {
    const body = Buffer.alloc(text.length + by.overheadBytes);
    by.sealInto(body, 0, ascii(text), data);
    return body;
  }
  const nonceOf = (body: Buffer) => body.toString('hex', 0, 24);

  it('repeat under a stuck generator only when value and data are equal', () => {
    const by = hedged();
    expect(seal(by, 'one')).toEqual(seal(by, 'one'));
    const nonces = [seal(by, 'one'), seal(by, 'two'), seal(by, 'one', ascii('elsewhere')), seal(by, '')].map(nonceOf);
    expect(new Set(nonces).size).toBe(4);
    // Where AAD ends and plaintext begins is part of what is hashed.
    expect(nonceOf(seal(by, 'bc', ascii('a')))).not.toBe(nonceOf(seal(by, 'c', ascii('ab'))));
    expect(nonceOf(seal(by, 'one'))).not.toBe(nonceOf(seal(hedged(Buffer.alloc(32, 4)), 'one')));
  });

  it('differ each time under a working generator, and are opened by a key that does not hedge', () => {
    const by = hedged(Buffer.alloc(32, 3), createNonces());
    const bodies = Array.from({ length: 50 }, () => seal(by, 'one'));
    expect(new Set(bodies.map(nonceOf)).size).toBe(50);
    const plain = createBodyKey(hex('07'.repeat(32)), { nonces: createNonces(), committed });
    for (const body of bodies) expect(plain.open(body, 0, aad).toString()).toBe('one');
  });

  it('are HMAC-SHA-256 under the hedge key of random nonce, length and bytes of the data, and plaintext', () => {
    const data = Buffer.concat([Buffer.alloc(24, 5), hex('00000005'), aad, ascii('one')]);
    const mac = createHmac('sha256', Buffer.alloc(32, 3)).update(data).digest('hex');
    expect(nonceOf(seal(hedged(), 'one'))).toBe(mac.slice(0, 48));
  });
});
