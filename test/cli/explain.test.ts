import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemRandom } from '../../src/base/clock.js';
import { mintMailToken } from '../../src/base/mail-token.js';
import { explainValue } from '../../src/cli/explain/explain-value.js';
import { openInPlace } from '../../src/cli/explain/open-in-place.js';
import { createEnvelopes } from '../../src/envelope/index.js';
import { createPseudonyms, fingerprint } from '../../src/hashing/index.js';
import { fileRootKey, type KeyRing, openKeyRing } from '../../src/keys/index.js';
import { createPasswords } from '../../src/passwords/index.js';
import { root } from '../house/tree.js';
import { fakeEngine } from '../passwords/fake-engine.js';

const scratch = mkdtempSync(join(tmpdir(), 'safekeep-explain-'));
const place = { table: 'customers', column: 'email', row: 17n };
let keys: KeyRing;
let sealed: string;
let hash: string;

beforeAll(async () => {
  keys = await openKeyRing({
    root: fileRootKey(join(scratch, 'root.key'), { create: true }),
    path: join(scratch, 'keys.json'),
    create: true,
  });
  sealed = createEnvelopes({ application: 'shop', keys }).seal({ type: 'text', value: 'ada@example.com' }, place);
  const passwords = createPasswords({
    keys,
    engine: fakeEngine(),
    place: { application: 'shop', table: 'customers', column: 'password' },
  });
  hash = await passwords.hash('salt marsh at low tide', { account: '17' });
});
afterAll(() => {
  keys.close();
  rmSync(scratch, { recursive: true, force: true });
});

const hexId = () => keys.active('fields').id.toString(16).padStart(8, '0');
const explain = (args: readonly string[], input: string | Buffer = '') => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, 'dist/cli/main.js'), 'explain', ...args], {
    cwd: scratch,
    input,
  });
  return { status, stdout: stdout.toString(), stderr: stderr.toString() };
};
const ring = ['--root', 'root.key', '--ring', 'keys.json'];

describe('what a stored value is', () => {
  it('is told of sealed values, as text, as bytes and as PostgreSQL writes bytes', () => {
    const bytes = Buffer.from(sealed.slice(4), 'base64url');
    const expected = {
      format: 'sealed value',
      facts: { suite: '01 KC-XAES-256-GCM', bytes: 110, valueBytesAtMost: 30 },
      keyId: keys.active('fields').id,
    };
    expect(explainValue(sealed)).toMatchObject(expected);
    expect(explainValue(bytes)).toMatchObject(expected);
    expect(explainValue(`\\x${bytes.toString('hex')}`)).toMatchObject(expected);
    bytes[1] = 0x02;
    expect(explainValue(bytes)).toMatchObject({ facts: { suite: '02 XAES-256-GCM', valueBytesAtMost: 62 } });
    bytes[1] = 0x11;
    expect(explainValue(bytes)).toMatchObject({ facts: { suite: '11 sealed row, KC-XAES-256-GCM' } });
  });

  it('is told of password hashes, with what they cost, and of those that never match', async () => {
    const phc = await createPasswords({ engine: fakeEngine() }).hash('salt marsh at low tide', { account: '17' });
    expect(explainValue(phc)).toMatchObject({
      format: 'password hash',
      facts: { variant: 'argon2id', memoryKiB: 19456, passes: 2, lanes: 1, saltBytes: 16, tagBytes: 32 },
    });
    expect(explainValue(phc.replace('m=19456', 'm=9999999'))).toMatchObject({ facts: { outOfBounds: 'memoryKiB' } });
    expect(explainValue(`$2b$12$${'a'.repeat(53)}`)).toMatchObject({
      format: 'old password hash',
      facts: { scheme: 'bcrypt' },
    });
    for (const [value, scheme] of [
      ['{SSHA}SQUTTsyI9h//rd8kYlr53Q9ONlfrPccY', 'ldap'],
      ['md5$salt$c4deac9ad042b016f1b5462c13073a15', 'salted-digest'],
      ['$P$6Rbqh9xj10xyVEA95djXE5eQwMOW96/', 'phpass'],
    ] as const) {
      expect(explainValue(value)).toMatchObject({ format: 'old password hash', facts: { scheme } });
    }
    expect(explainValue(`$7$C6..../....${'a'.repeat(53)}`)).toMatchObject({ format: 'foreign password hash' });
    const passwords = createPasswords({ engine: fakeEngine(), legacy: ['ldap'] });
    const wrapped = await passwords.wrapLegacy('{SSHA}SQUTTsyI9h//rd8kYlr53Q9ONlfrPccY', { account: '17' });
    expect(explainValue(wrapped)).toMatchObject({
      format: 'wrapped password hash',
      facts: { old: 'ldap-sha1', oldCosts: 'fixed', oldSaltBytes: 4, memoryKiB: 19456, passes: 2 },
    });
  });

  it('is told of an old hash that lies sealed in a password column, also one that begins with nothing of its own', async () => {
    const column = { table: 'customers', column: 'password', row: '17' };
    const value = 'AAABAgMEBQYHCAkKCwwNDg+ukCEMDf0yyQ29NYubggHIVY0sdEUfdyeM+E1LtH1uJg==';
    expect(explainValue(value)).toBeNull();
    const stored = createEnvelopes({ application: 'shop', keys }).seal({ type: 'text', value }, column);
    const told = openInPlace(keys, stored, { application: 'shop', place: 'customers.password', row: ['17'] });
    expect(told).toMatchObject({ opens: true, holds: { facts: { scheme: 'aspnet-identity' } } });
    expect(JSON.stringify(told)).not.toContain('AAABAg');
    const name = createEnvelopes({ application: 'shop', keys }).seal({ type: 'text', value: 'Ada Example' }, column);
    expect(openInPlace(keys, name, { application: 'shop', place: 'customers.password', row: ['17'] })).toEqual({
      opens: true,
      type: 'text',
    });
  });

  it('is told of everything else that is derived', () => {
    const pseudonym = createPseudonyms({ keys }).of('email', 'ada@example.com');
    expect(explainValue(pseudonym)).toMatchObject({
      format: 'pseudonym',
      facts: { type: 'email' },
      keyId: keys.active('pseudonyms').id,
    });
    const token = mintMailToken('rst', systemRandom);
    expect(explainValue(token.text)).toMatchObject({ format: 'mail token', facts: { for: 'reset' } });
    const undo = mintMailToken('und', systemRandom);
    expect(explainValue(undo.text)).toMatchObject({ facts: { for: 'undoing a mail address' } });
    expect(explainValue(`\\x${token.hash.toString('hex')}`)).toMatchObject({ format: 'hash of a token' });
    expect(explainValue(systemRandom.bytes(16).toString('base64url'))).toMatchObject({ format: 'blind index' });
    expect(explainValue(fingerprint('page'))).toMatchObject({ format: 'fingerprint' });
  });

  it.each([
    '',
    'ada@example.com',
    'sf1.',
    'sf1.wQGhssPU',
    'sf1.not base64url',
    `sf1.${Buffer.alloc(110, 0xc1).toString('base64url')}`,
    `sf1.${Buffer.concat([Buffer.from('c10100000000', 'hex'), Buffer.alloc(104)]).toString('base64url')}`,
    '\\xc101',
    '$',
    't1:EMAIL:00000001:aaaaaaaaaaaaaaaaaaaaaa',
    'aaaaaaaaaaaaaaaaaaaaab',
  ])('is not told of %j', (value) => {
    expect(explainValue(value)).toBeNull();
  });

  it('never contains a part of the value', () => {
    const told = JSON.stringify([
      explainValue(sealed),
      explainValue('$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$dGFnCg'),
    ]);
    for (let at = 12; at + 8 < sealed.length; at += 4) expect(told).not.toContain(sealed.slice(at, at + 8));
    expect(told).not.toContain('c2FsdHNhbHQ');
  });
});

describe('safekeep explain', () => {
  it('tells the state of the key, and as JSON the same', () => {
    const { status, stdout, stderr } = explain([sealed, ...ring]);
    expect(stderr).toBe('');
    expect(status).toBe(0);
    expect(stdout).toMatch(/^sealed value: /);
    expect(stdout).toMatch(new RegExp(`key +${hexId()}\n +state +active\n +purpose +fields`));
    expect(JSON.parse(explain(['-', ...ring, '--json'], `${sealed}\n`).stdout)).toMatchObject({
      format: 'sealed value',
      key: hexId(),
      state: 'active',
    });
  });

  it('reads bytes from the standard input', () => {
    const bytes = Buffer.from(sealed.slice(4), 'base64url');
    expect(explain(['-', '--place', 'customers.email', '--row', '17', ...ring], bytes)).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('opens there, as text'),
    });
  });

  it('opens a value of any suite in its place, as the value or the policy says which', () => {
    const envelopes = createEnvelopes({ application: 'shop', keys });
    const suite = 'xaes-256-gcm';
    const second = envelopes.seal({ type: 'text', value: 'ada@example.com' }, place, { suite });
    const at = { application: 'shop', place: 'customers.email', row: ['17'] };
    expect(openInPlace(keys, second, at)).toEqual({ opens: true, type: 'text' });
    expect(openInPlace(keys, second, { ...at, row: ['18'] })).toEqual({ opens: false, because: 'ERR_SEAL_BROKEN' });
    expect(openInPlace(keys, second, { ...at, suite })).toMatchObject({ opens: true });
    // The application would refuse it: its column is of the other suite.
    expect(openInPlace(keys, second, { ...at, suite: 'kc-xaes-256-gcm' })).toEqual({
      opens: false,
      because: 'ERR_SEAL_KEY',
    });
    expect(openInPlace(keys, sealed, { ...at, suite })).toEqual({ opens: false, because: 'ERR_SEAL_KEY' });
    const map = {
      schema: 1,
      fields: new Map([
        [7, { type: 'text' as const, value: 'Ada' }],
        [9, null],
      ]),
    };
    const row = envelopes.sealMap(map, { ...place, column: 'sealed' });
    expect(openInPlace(keys, row, { ...at, place: 'customers.sealed' })).toEqual({
      opens: true,
      type: 'row',
      fields: 2,
    });
    expect(openInPlace(keys, row, at)).toEqual({ opens: false, because: 'ERR_SEAL_KEY' });
  });

  it('tells whether it opens in a place, and with status 3 that it does not, but never the value', () => {
    const right = explain([sealed, ...ring, '--place', 'customers.email', '--row', '17']);
    expect(right).toMatchObject({ status: 0, stdout: expect.stringContaining('opens there, as text') });
    const wrong = explain([sealed, ...ring, '--place', 'customers.email', '--row', '18']);
    expect(wrong).toMatchObject({ status: 3, stdout: expect.stringContaining('ERR_SEAL_BROKEN') });
    expect(right.stdout + wrong.stdout).not.toContain('ada');
  });

  it('tells the cost of a sealed password hash', () => {
    const { status, stdout } = explain([hash, ...ring, '--place', 'customers.password', '--row', '17']);
    expect(status).toBe(0);
    expect(stdout).toMatch(/holds a password hash[\s\S]*memoryKiB +19456/);
    expect(stdout).not.toContain('$argon2id');
  });

  it('ends with status 3 for a key that the ring does not have, and 4 for no format of ours', () => {
    const bytes = Buffer.from(sealed.slice(4), 'base64url');
    bytes.writeUInt32BE(1, 2);
    expect(explain([`sf1.${bytes.toString('base64url')}`, ...ring])).toMatchObject({
      status: 3,
      stdout: expect.stringContaining('not in the ring'),
    });
    const unknown = explain(['-'], 'ada@example.com');
    expect(unknown).toMatchObject({ status: 4, stdout: 'This is no format of safekeep.\n' });
  });

  it('holds a value against the suite that a policy fixes for its column', () => {
    const module = JSON.stringify(pathToFileURL(join(root, 'dist/policy/index.js')).href);
    const input = {
      application: 'shop',
      purposes: { account: 'contract' },
      tables: {
        customers: { row: 'id', columns: { email: { is: 'email', for: ['account'], suite: 'xaes-256-gcm' } } },
      },
    };
    const text = `import { definePolicy } from ${module};\nexport const policy = definePolicy(${JSON.stringify(input)});\n`;
    writeFileSync(join(scratch, 'policy.mjs'), text);
    const asked = [...ring, '--place', 'customers.email', '--row', '17', '--policy', 'policy.mjs'];
    expect(explain([sealed, ...asked])).toMatchObject({ status: 3, stdout: expect.stringContaining('ERR_SEAL_KEY') });
  });

  it.each([[['--root', 'root.key']], [['--place', 'customers.email']], [[...ring, '--place', 'customers.email']]])(
    'asks for what is missing beside %j',
    (args) => {
      const { status, stderr } = explain([sealed, ...args]);
      expect(status).toBe(1);
      expect(stderr).toMatch(/^safekeep: ERR_OPTION_MISSING/);
    },
  );
});
