import { describe, expect, it } from 'vitest';
import { systemRandom } from '../../src/base/clock.js';
import { qrCode } from '../../src/second-factor/qr-code.js';
import { hashRecoveryCode, mintRecoveryCode } from '../../src/second-factor/recovery-codes.js';
import { createTotp } from '../../src/second-factor/totp.js';

const secret = Buffer.from('12345678901234567890');
const strict = createTotp({ issuer: 'Larkspur Lane', driftSteps: 0 });
const lenient = createTotp({ issuer: 'Larkspur Lane', driftSteps: 1 });

describe('codes by time', () => {
  // RFC 6238 appendix B, SHA-1; the last six of its eight digits.
  it.each([
    [59, '287082'],
    [1111111109, '081804'],
    [1111111111, '050471'],
    [1234567890, '005924'],
    [2000000000, '279037'],
    [20000000000, '353130'],
  ])('are those of RFC 6238 at second %i', (second, code) => {
    expect(strict.stepOf(secret, code, second * 1000)).toBe(Math.floor(second / 30));
  });

  it('count one step before and after and no further, and with no drift in their own step only', () => {
    const at = (steps: number) => (59 + 30 * steps) * 1000;
    expect([-2, -1, 0, 1, 2].map((steps) => lenient.stepOf(secret, '287082', at(steps)))).toEqual([
      null,
      1,
      1,
      1,
      null,
    ]);
    expect([-1, 0, 1].map((steps) => strict.stepOf(secret, '287082', at(steps)))).toEqual([null, 1, null]);
  });

  it.each([undefined, null, 287082, '', '28708', '2870822', '28708a', '２８７０８２', ['287082']])(
    'are not %j',
    (typed) => {
      expect(strict.stepOf(secret, typed, 59_000)).toBeNull();
    },
  );

  it('may be typed with the gap that apps show', () => {
    expect(strict.stepOf(secret, ' 287 082 ', 59_000)).toBe(1);
  });

  it('come with a secret as text and as a link that name site and account', () => {
    expect(strict.text(secret)).toBe('GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ');
    const uri = new URL(strict.uri(secret, 'ada@example.com'));
    expect(decodeURIComponent(uri.pathname)).toContain('Larkspur Lane:ada@example.com');
    expect(Object.fromEntries(uri.searchParams)).toEqual({
      ...{ issuer: 'Larkspur Lane', secret: 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ' },
      ...{ algorithm: 'SHA1', digits: '6', period: '30' },
    });
  });
});

describe('the QR code', () => {
  it('is a picture without a script, a style or a link', () => {
    const svg = qrCode(strict.uri(secret, `"><script>alert(1)</script>`));
    expect(svg).toMatch(/^<svg [^<>]*><path fill="#fff" d="[^"<>]*"\/><path fill="#000" d="[Mhvz\d -]+"\/><\/svg>$/);
    expect(svg).not.toMatch(/style|script|href/);
  });
});

describe('recovery codes', () => {
  it('are 24 letters of 120 random bits, and no two alike', () => {
    const codes = Array.from({ length: 200 }, () => mintRecoveryCode(systemRandom));
    expect(new Set(codes).size).toBe(200);
    for (const code of codes) expect(code).toMatch(/^([A-Z2-7]{4}-){5}[A-Z2-7]{4}$/);
    const fixed = { ...systemRandom, bytes: () => Buffer.from('00443214c74254b635cf84653a56d7', 'hex') };
    expect(mintRecoveryCode(fixed)).toBe('ABCD-EFGH-IJKL-MNOP-QRST-UVWX');
  });

  it('are found however they are typed, for their own account only', () => {
    const code = 'ABCD-EFGH-IJKL-MNOP-QRST-UVWX';
    const hash = hashRecoveryCode('customers', 'ada', code);
    expect(hash).toHaveLength(32);
    expect(hashRecoveryCode('customers', 'ada', ' abcdefgh ijkl-mnop qrst uvwx')).toEqual(hash);
    expect(hashRecoveryCode('customers', 'bob', code)).not.toEqual(hash);
    expect(hashRecoveryCode('subscribers', 'ada', code)).not.toEqual(hash);
    for (const typed of [undefined, '', code.slice(1), `${code}A`, code.replace('A', '1')])
      expect(hashRecoveryCode('customers', 'ada', typed)).toBeNull();
  });
});
