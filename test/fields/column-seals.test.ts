import { describe, expect, it } from 'vitest';
import { createFields, maxStoredSize } from '../../src/fields/index.js';
import { definePolicy } from '../../src/policy/index.js';
import { fixedRing } from '../envelope/fixed-ring.js';

const ring = () => fixedRing([{ id: 0x01020304, key: Buffer.alloc(32, 1) }]);
const policyWith = <const C extends object>(columns: C) =>
  definePolicy({
    application: 'shop',
    purposes: { account: 'contract' },
    tables: { customers: { row: 'id', columns } },
  } as Parameters<typeof definePolicy>[0]);
const policy = policyWith({
  email: { is: 'email', for: ['account'], suite: 'xaes-256-gcm', pad: 1 },
  phone: { is: 'phone', for: ['account'] },
  letter: { is: 'message', for: ['account'], pad: 'padme' },
});
const fields = createFields({ application: 'shop', keys: ring(), policy });
const headerOf = (sealed: unknown) => Buffer.from(String(sealed).slice(4, 12), 'base64url').toString('hex');
const bytesIn = (sealed: unknown) => Buffer.from(String(sealed).slice(4), 'base64url').length;
const row = { id: 'c-1', email: 'ada@example.com', phone: '555-0100', letter: 'x'.repeat(1000) };

describe('a column’s suite and padding', () => {
  const stored = fields.sealRow('customers', row);

  it('are those of the policy, for rows and for single values', () => {
    expect(headerOf(stored['email'])).toBe('c10201020304');
    expect(headerOf(stored['phone'])).toBe('c10101020304');
    // 6 header, 24 nonce, 16 tag, one byte of type tag and one of padding.
    expect(bytesIn(stored['email'])).toBe(48 + row.email.length);
    expect(bytesIn(stored['letter'])).toBe(78 + 1024);
    const place = { table: 'customers', column: 'email', row: 'c-1' };
    const sealed = fields.seal(row.email, place);
    expect(headerOf(sealed)).toBe('c10201020304');
    expect(fields.open(sealed, place, 'account').reveal()).toBe(row.email);
    expect(fields.openRow('customers', stored, 'account').reveal()).toEqual(row);
  });

  it('fit what maxStoredSize says', () => {
    const size = maxStoredSize('text', 15, { suite: 'xaes-256-gcm', pad: 1 });
    expect(size).toBeGreaterThanOrEqual(String(stored['email']).length);
  });

  it('refuse what another suite sealed', () => {
    const committed = policyWith({ email: { is: 'email', for: ['account'] } });
    const other = createFields({ application: 'shop', keys: ring(), policy: committed });
    const elsewhere = other.sealRow('customers', { id: 'c-1', email: row.email });
    const code = (action: () => unknown) => {
      try {
        action();
      } catch (error) {
        return (error as { code: string }).code;
      }
      return 'accepted';
    };
    expect(code(() => fields.openRow('customers', elsewhere, 'account'))).toBe('ERR_SEAL_KEY');
    expect(code(() => other.openRow('customers', { id: 'c-1', email: stored['email'] }, 'account'))).toBe(
      'ERR_SEAL_KEY',
    );
    // Nor does a changed suite let the values of before be sealed a second time.
    expect(code(() => fields.sealRow('customers', { id: 'c-1', email: elsewhere['email'] }))).toBe(
      'ERR_ALREADY_SEALED',
    );
    expect(code(() => fields.sealRow('customers', { id: 'c-1', email: stored['email'] }))).toBe('ERR_ALREADY_SEALED');
  });
});

describe('hedged fields', () => {
  const stuck = { bytes: (count: number) => Buffer.alloc(count, 7), below: () => 0 };
  const place = { table: 'customers', column: 'phone', row: 'c-1' };

  it('seal two values under two nonces though the generator repeats itself, and open without being told', () => {
    const hedged = createFields({ application: 'shop', keys: ring(), hedged: true, random: stuck });
    const nonces = ['555-0100', '555-0101'].map((phone) =>
      Buffer.from(hedged.seal(phone, place).slice(4), 'base64url').toString('hex', 6, 30),
    );
    expect(new Set(nonces).size).toBe(2);
    const plain = createFields({ application: 'shop', keys: ring() });
    expect(plain.open(hedged.seal('555-0100', place), place).reveal()).toBe('555-0100');
  });

  it('are not what happens without being asked for', () => {
    const plain = createFields({ application: 'shop', keys: ring(), random: stuck });
    expect(Buffer.from(plain.seal('x', place).slice(4), 'base64url').subarray(6, 30)).toEqual(Buffer.alloc(24, 7));
  });
});
