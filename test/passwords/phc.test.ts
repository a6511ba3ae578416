import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatPhc, type Phc, parsePhc } from '../../src/passwords/phc.js';

const salt = 'c29tZXNhbHQ';
const tag = '5jjl1FewlYACz1ut/TMt30vzIcEkgO23gG8MoYyvzY0';
const good = `$argon2id$v=19$m=19456,t=2,p=1$${salt}$${tag}`;

const bytes = (minLength: number, maxLength: number) =>
  fc.uint8Array({ minLength, maxLength }).map((array) => Buffer.from(array));
const toB64 = (raw: Buffer) => raw.toString('base64').replace(/=+$/, '');
const anyPhc: fc.Arbitrary<Phc> = fc.record({
  variant: fc.constantFrom('argon2id', 'argon2i', 'argon2d'),
  memoryKiB: fc.integer({ min: 64, max: 1024 * 1024 }),
  passes: fc.integer({ min: 1, max: 16 }),
  lanes: fc.integer({ min: 1, max: 8 }),
  salt: bytes(8, 64),
  tag: bytes(16, 64),
});

describe('parsePhc', () => {
  it('reads the example of C2SP phc-strings.md', () => {
    const text = '$argon2id$v=19$m=65536,t=2,p=1$gZiV/M1gPc22ElAH/Jh1Hw$CWOrkoo7oJBQ/iyh7uJ0LO2aLEfrHwTWllSAxT0zRno';
    expect(parsePhc(text)).toMatchObject({
      variant: 'argon2id',
      memoryKiB: 65536,
      passes: 2,
      lanes: 1,
      salt: Buffer.from('819895fccd603dcdb6125007fc98751f', 'hex'),
    });
  });

  it('reads back what formatPhc wrote, whatever it was', () => {
    fc.assert(
      fc.property(anyPhc, (phc) => {
        expect(parsePhc(formatPhc(phc))).toEqual(phc);
      }),
    );
  });

  it('knows one spelling of a hash: whatever it reads, formatPhc writes the same again', () => {
    const edit = fc.record({
      phc: anyPhc,
      at: fc.nat(),
      put: fc.oneof(fc.constantFrom(...'$=,.+/-_ \n0123456789mtpvA', ''), fc.string({ maxLength: 2 })),
      cut: fc.integer({ min: 0, max: 2 }),
    });
    fc.assert(
      fc.property(edit, ({ phc, at, put, cut }) => {
        const text = formatPhc(phc);
        const place = at % (text.length + 1);
        const edited = text.slice(0, place) + put + text.slice(place + cut);
        const read = parsePhc(edited);
        if (!('unusable' in read)) expect(formatPhc(read)).toBe(edited);
      }),
      { numRuns: 3000 },
    );
  });

  it('reads within its bounds or not at all, whatever the numbers are, and never throws', () => {
    const number = fc.oneof(
      fc.bigInt({ min: 0n, max: 2n ** 34n }).map(String),
      fc.constantFrom('0', '00', '1', '4294967295', '4294967296', '9999999999', '1e9', '-1', '+2', '0x10', '２'),
    );
    const part = fc.oneof(bytes(0, 80).map(toB64), fc.string({ maxLength: 40 }));
    const text = fc
      .tuple(
        fc.constantFrom('argon2id', 'argon2i', 'argon2d', 'argon2', 'ARGON2ID'),
        number,
        number,
        number,
        part,
        part,
      )
      .map(([variant, m, t, p, saltText, tagText]) => `$${variant}$v=19$m=${m},t=${t},p=${p}$${saltText}$${tagText}`);
    fc.assert(
      fc.property(
        fc.oneof(text, fc.string({ unit: 'binary', maxLength: 600 })),
        fc.integer({ min: 8 }),
        (any, ceiling) => {
          const read = parsePhc(any, ceiling);
          if ('unusable' in read) return;
          expect(formatPhc(read)).toBe(any);
          expect(read.memoryKiB).toBeLessThanOrEqual(Math.min(1_048_576, ceiling));
          expect(read.memoryKiB).toBeGreaterThanOrEqual(8 * read.lanes);
          for (const [value, min, max] of [
            [read.passes, 1, 16],
            [read.lanes, 1, 8],
            [read.salt.length, 8, 64],
            [read.tag.length, 16, 64],
          ] as const) {
            expect(value >= min && value <= max).toBe(true);
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  it('refuses or reads differently every string that differs in one character', () => {
    const original = parsePhc(good);
    for (let at = 0; at < good.length; at += 1) {
      for (const put of '$=,+/-_ 0129azAZ') {
        if (good[at] === put) continue;
        const read = parsePhc(good.slice(0, at) + put + good.slice(at + 1));
        expect(read).not.toEqual(original);
      }
    }
  });

  it.each([
    ['nothing', ''],
    ['a plain text', 'hunter2'],
    ['another scheme', '$2b$12$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW'],
    ['no version', `$argon2id$m=19456,t=2,p=1$${salt}$${tag}`],
    ['version 16', `$argon2id$v=16$m=19456,t=2,p=1$${salt}$${tag}`],
    ['the order m,p,t', `$argon2id$v=19$m=19456,p=1,t=2$${salt}$${tag}`],
    ['a leading zero', `$argon2id$v=19$m=019456,t=2,p=1$${salt}$${tag}`],
    ['a sign', `$argon2id$v=19$m=+19456,t=2,p=1$${salt}$${tag}`],
    ['an exponent', `$argon2id$v=19$m=1e5,t=2,p=1$${salt}$${tag}`],
    ['eleven digits', `$argon2id$v=19$m=10000019456,t=2,p=1$${salt}$${tag}`],
    ['a key id', `$argon2id$v=19$m=19456,t=2,p=1,keyid=AAAA$${salt}$${tag}`],
    ['data', `$argon2id$v=19$m=19456,t=2,p=1,data=AAAA$${salt}$${tag}`],
    ['padding', `$argon2id$v=19$m=19456,t=2,p=1$${salt}=$${tag}=`],
    ['base64url', `$argon2id$v=19$m=19456,t=2,p=1$${salt}$${tag.replaceAll('/', '_')}`],
    ['stray bits behind the last byte', `$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHR$${tag}`],
    ['a length of 4n+1', `$argon2id$v=19$m=19456,t=2,p=1$${salt}AA$${tag}`],
    ['no tag', `$argon2id$v=19$m=19456,t=2,p=1$${salt}`],
    ['an empty tag', `$argon2id$v=19$m=19456,t=2,p=1$${salt}$`],
    ['a line break at the end', `${good}\n`],
    ['capitals', good.replace('argon2id', 'Argon2id')],
  ])('refuses %s as no form of ours', (_name, text) => {
    expect(parsePhc(text)).toEqual({ unusable: 'form' });
  });

  const with_ = (m: number, t: number, p: number, saltBytes = 16, tagBytes = 32) =>
    formatPhc({
      variant: 'argon2id',
      memoryKiB: m,
      passes: t,
      lanes: p,
      salt: Buffer.alloc(saltBytes, 1),
      tag: Buffer.alloc(tagBytes, 2),
    });
  it.each([
    ['memoryKiB', with_(7, 1, 1)],
    ['memoryKiB', with_(1024 * 1024 + 1, 1, 1)],
    ['memoryKiB', with_(4294967295, 1, 1)],
    ['memoryKiB', with_(31, 1, 4)],
    ['passes', with_(64, 0, 1)],
    ['passes', with_(64, 17, 1)],
    ['lanes', with_(64, 1, 0)],
    ['lanes', with_(128, 1, 9)],
    ['saltBytes', with_(64, 1, 1, 7)],
    ['saltBytes', with_(64, 1, 1, 65)],
    ['tagBytes', with_(64, 1, 1, 16, 15)],
    ['tagBytes', with_(64, 1, 1, 16, 65)],
    ['length', `${good}${'A'.repeat(512)}`],
  ])('refuses %s out of bounds and says which part it was', (part, text) => {
    expect(parsePhc(text)).toEqual({ unusable: 'bounds', part });
  });

  it.each([with_(8, 1, 1, 8, 16), with_(1024 * 1024, 16, 8, 64, 64), with_(64, 1, 8)])(
    'reads what lies on the bounds (%s)',
    (text) => {
      expect(parsePhc(text)).not.toHaveProperty('unusable');
    },
  );

  it('refuses more memory than the ceiling it is given', () => {
    expect(parsePhc(with_(19457, 2, 1), 19456)).toEqual({ unusable: 'bounds', part: 'memoryKiB' });
    expect(parsePhc(with_(19456, 2, 1), 19456)).not.toHaveProperty('unusable');
  });

  it('takes no longer for a long string than its length bound allows', () => {
    expect(parsePhc('$'.repeat(10_000_000))).toEqual({ unusable: 'bounds', part: 'length' });
  });
});
