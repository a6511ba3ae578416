import { createHmac, hkdfSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { committedOverheadBytes, createBodyKey } from '../../src/aead/body-key.js';
import { deriveKey } from '../../src/aead/derive-key.js';
import { openGcm, sealGcm } from '../../src/aead/gcm.js';
import { createNonces } from '../../src/aead/nonces.js';
import { createXaesKey } from '../../src/aead/xaes.js';
import { cmac } from '../vectors/reference.js';
import { thirdParty } from '../vectors/third-party.js';
import { ascii, derivedBy, fixedRandom, hex, sealXaesGcm } from './hex.js';

interface XaesFile {
  vectors: Record<'key' | 'nonceAscii' | 'Kx' | 'plaintextAscii' | 'aadAscii' | 'ciphertext', string>[];
}
interface Wycheproof<T> {
  testGroups: ({ ivSize?: number; keySize: number; tagSize?: number } & { tests: T[] })[];
}
type GcmCase = Record<'key' | 'iv' | 'aad' | 'msg' | 'ct' | 'tag' | 'result', string>;
type MacCase = Record<'key' | 'msg' | 'tag' | 'result', string>;
type HkdfCase = Record<'ikm' | 'salt' | 'info' | 'okm' | 'result', string> & { size: number };

const c2sp = thirdParty('c2sp/xaes-256-gcm.json');
describe.skipIf(!c2sp.present)('the C2SP file of XAES-256-GCM', () => {
  it('agrees with the message key and ciphertext of every vector', () => {
    const { vectors } = JSON.parse(c2sp.text()) as XaesFile;
    expect(vectors.length).toBeGreaterThan(0);
    for (const vector of vectors) {
      const [key, nonce] = [hex(vector.key), ascii(vector.nonceAscii)];
      expect(derivedBy(createXaesKey(key), nonce).messageKey).toBe(vector.Kx);
      const sealed = sealXaesGcm(key, nonce, ascii(vector.aadAscii), ascii(vector.plaintextAscii));
      expect(sealed.toString('hex')).toBe(vector.ciphertext);
    }
  });
});

const awsLc = thirdParty('aws-lc/xaes_256_gcm_kc_tests.txt');
describe.skipIf(!awsLc.present)('the AWS-LC file of KC-XAES-256-GCM', () => {
  it('agrees with the ciphertext, tag and commitment of every case', () => {
    const cases = awsLc
      .text()
      .split(/\n(?=KEY:)/)
      .slice(1);
    expect(cases.length).toBeGreaterThan(0);
    for (const text of cases) {
      const field = (name: string) => new RegExp(`^${name}: *([0-9a-f]*) *$`, 'm').exec(text)?.[1] ?? '';
      const plaintext = hex(field('IN'));
      const key = createBodyKey(hex(field('KEY')), {
        nonces: createNonces(fixedRandom(hex(field('NONCE')))),
        committed: true,
      });
      const body = Buffer.alloc(plaintext.length + committedOverheadBytes);
      key.sealInto(body, 0, plaintext, hex(field('AD')));
      const [tag, commitment] = [field('TAG').slice(0, 32), field('TAG').slice(32)];
      expect(body.toString('hex')).toBe(field('NONCE') + commitment + field('CT') + tag);
    }
  });
});

const wycheproofGcm = thirdParty('wycheproof/aes_gcm_test.json');
describe.skipIf(!wycheproofGcm.present)('the Wycheproof file of AES-GCM', () => {
  it('agrees with every case of the sizes in use: 256-bit key, 96-bit nonce, 128-bit tag', () => {
    const { testGroups } = JSON.parse(wycheproofGcm.text()) as Wycheproof<GcmCase>;
    const cases = testGroups
      .filter((group) => group.keySize === 256 && group.ivSize === 96 && group.tagSize === 128)
      .flatMap((group) => group.tests);
    expect(cases.length).toBe(66);
    for (const { key, iv, aad, msg, ct, tag, result } of cases) {
      const opened = openGcm(hex(key), hex(iv), hex(aad), hex(ct), hex(tag));
      expect(opened?.toString('hex') ?? null).toBe(result === 'valid' ? msg : null);
      if (result !== 'valid') continue;
      const sealed = Buffer.alloc(hex(msg).length + 16);
      sealGcm(hex(key), hex(iv), hex(aad), hex(msg), sealed, 0);
      expect(sealed.toString('hex')).toBe(ct + tag);
    }
  });
});

const wycheproofHkdf = thirdParty('wycheproof/hkdf_sha256_test.json');
describe.skipIf(!wycheproofHkdf.present)('the Wycheproof file of HKDF-SHA-256', () => {
  it('agrees with the platform for every valid case, and with our empty salt and 32 bytes where they apply', () => {
    const { testGroups } = JSON.parse(wycheproofHkdf.text()) as Wycheproof<HkdfCase>;
    let ours = 0;
    for (const { ikm, salt, info, okm, size, result } of testGroups.flatMap((group) => group.tests)) {
      if (result !== 'valid') continue;
      expect(Buffer.from(hkdfSync('sha256', hex(ikm), hex(salt), hex(info), size)).toString('hex')).toBe(okm);
      if (salt !== '' || size < 32) continue;
      expect(deriveKey(hex(ikm), hex(info)).toString('hex')).toBe(okm.slice(0, 64));
      ours += 1;
    }
    expect(ours).toBeGreaterThan(0);
  });
});

const wycheproofHmac = thirdParty('wycheproof/hmac_sha256_test.json');
describe.skipIf(!wycheproofHmac.present)('the Wycheproof file of HMAC-SHA-256', () => {
  it('agrees with the platform, on whose HMAC blind indexes, key checks and hedged nonces stand', () => {
    const { testGroups } = JSON.parse(wycheproofHmac.text()) as Wycheproof<MacCase>;
    expect(testGroups.flatMap((group) => group.tests).length).toBe(174);
    for (const { tagSize = 256, tests } of testGroups) {
      for (const { key, msg, tag, result } of tests) {
        const mac = createHmac('sha256', hex(key))
          .update(hex(msg))
          .digest('hex')
          .slice(0, tagSize / 4);
        expect(mac === tag).toBe(result === 'valid');
      }
    }
  });
});

const wycheproofCmac = thirdParty('wycheproof/aes_cmac_test.json');
describe.skipIf(!wycheproofCmac.present)('the Wycheproof file of AES-CMAC', () => {
  it('agrees with the CMAC that XAES keys are made by, for whole blocks and 256-bit keys', () => {
    const { testGroups } = JSON.parse(wycheproofCmac.text()) as Wycheproof<MacCase>;
    const cases = testGroups
      .filter(({ keySize, tagSize }) => keySize === 256 && tagSize === 128)
      .flatMap(({ tests }) => tests)
      .filter(({ msg }) => msg.length > 0 && msg.length % 32 === 0);
    expect(cases.length).toBeGreaterThan(20);
    for (const { key, msg, tag, result } of cases)
      expect(cmac(hex(key), hex(msg)).toString('hex') === tag).toBe(result === 'valid');
    // The one CMAC of src is specialised to XAES; it makes the same keys and commitments as the general one.
    const [key, nonce] = [hex(cases[0]?.key ?? ''), ascii('ABCDEFGHIJKLMNOPQRSTUVWX')];
    const made = [1, 2].map((i) => cmac(key, Buffer.concat([Buffer.of(0, i, 0x58, 0), nonce.subarray(0, 12)])));
    expect(derivedBy(createXaesKey(key), nonce).messageKey).toBe(Buffer.concat(made).toString('hex'));
  });
});
