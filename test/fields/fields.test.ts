import { format, inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { isSafekeepError } from '../../src/base/errors.js';
import { createFields } from '../../src/fields/index.js';
import type { Policy } from '../../src/policy/index.js';
import { ada, policy, ring } from './shop.js';

const keys = ring();
const fields = createFields({ application: 'shop', keys, policy });
const anyFields = createFields({ application: 'shop', keys, policy: policy as Policy });
const stored = fields.sealRow('customers', ada);
const secrets = ['Ada', 'ada', '555', '4111', '1990', 'tea', 'rope'];

/** The code an action is refused with. Nothing of a value is in the error, whatever was done to provoke it. */
function refusal(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (!isSafekeepError(error)) throw error;
    const whole = `${error.stack}${inspect(error, { depth: 9, showHidden: true })}${JSON.stringify(error.facts)}`;
    for (const secret of [...secrets, 'c-1']) expect(whole).not.toContain(secret);
    return error.code;
  }
  return 'accepted';
}

describe('sealRow', () => {
  it('seals what the policy seals, adds the blind indexes, and leaves the rest as it is', () => {
    expect(new Set(Object.keys(stored))).toEqual(
      new Set([
        ...['id', 'email', 'email_index', 'phone', 'phone_index', 'card', 'born', 'points', 'profile'],
        ...['letter', 'bought', 'created_at'],
      ]),
    );
    for (const column of ['email', 'phone', 'card', 'born', 'points', 'profile'])
      expect(stored[column]).toMatch(/^sf1\./);
    expect(stored).toMatchObject({ id: 'c-1', letter: false, bought: ada.bought, created_at: 'yesterday' });
    expect(stored['email_index']).toBe(fields.blindIndex('customers', 'email', 'ADA@example.com '));
    const text = JSON.stringify({ ...stored, bought: null });
    for (const secret of secrets) expect(text).not.toContain(secret);
  });

  it('keeps null as null, its index too, and takes empty text for a value', () => {
    const row = fields.sealRow('customers', { id: 'c-2', email: null, card: '', phone: undefined });
    expect(row).toMatchObject({ id: 'c-2', email: null, email_index: null });
    expect(Object.keys(row).sort()).toEqual(['card', 'email', 'email_index', 'id']);
    expect(fields.openRow('customers', row, 'orders').card?.reveal()).toBe('');
    expect(fields.openRow('customers', row, 'orders').email).toBeNull();
  });

  it('passes a password hash through as passwords made it', () => {
    expect(fields.sealRow('customers', { id: 'c-1', password: '$argon2id$v=19$…' })['password']).toBe(
      '$argon2id$v=19$…',
    );
  });

  it.each([{}, { id: null }, { id: undefined }, { id: '' }])('refuses a row whose key is %j', (row) => {
    expect(refusal(() => anyFields.sealRow('customers', row))).toBe('ERR_ROW_KEY_MISSING');
    expect(refusal(() => anyFields.openRow('customers', row, 'account'))).toBe('ERR_ROW_KEY_MISSING');
  });

  it('refuses half of a row key of two columns', () => {
    expect(refusal(() => anyFields.sealRow('lines', { order: 'o-1', note: 'x' }))).toBe('ERR_ROW_KEY_MISSING');
  });

  it.each([
    ['nickname', 'x'],
    ['email_index', 'x'],
    ['__proto__', 'x'],
    ['constructor', 'x'],
  ])('refuses the column %s, which the policy does not declare', (column, value) => {
    const row = JSON.parse(JSON.stringify({ id: 'c-1' }).replace('}', `,"${column}":"${value}"}`));
    expect(refusal(() => anyFields.sealRow('customers', row))).toBe('ERR_COLUMN_REFUSED');
  });

  it('refuses a column that may never be stored, should a policy have let one through', () => {
    const { resolved } = policy;
    const customers = resolved.tables.get('customers')!;
    const card = { ...customers.columns.get('card')!, atRest: 'never' as const };
    const tables = new Map([['customers', { ...customers, columns: new Map([...customers.columns, ['card', card]]) }]]);
    const lax: Policy = { ...policy, resolved: { ...resolved, tables }, table: (name) => tables.get(name)! } as Policy;
    const laxFields = createFields({ application: 'shop', keys: ring(), policy: lax });
    expect(refusal(() => laxFields.sealRow('customers', { id: 'c-1', card: '4111111111111111' }))).toBe(
      'ERR_COLUMN_REFUSED',
    );
  });

  it.each([
    ['email', 7],
    ['email', { reveal: 'Ada' }],
    ['email', '\ud800'],
    ['born', '1990-02-30'],
    ['born', new Date(0)],
    ['points', 12],
    ['points', '12'],
    ['profile', { a: undefined }],
    ['profile', JSON.parse('{"__proto__":1}')],
    ['letter', 'no'],
    ['bought', new Map()],
    ['password', 7],
  ])('refuses a value of another type in %s', (column, value) => {
    expect(refusal(() => anyFields.sealRow('customers', { id: 'c-1', [column]: value }))).toBe('ERR_VALUE_TYPE');
  });

  it('refuses a stored row where an opened one belongs', () => {
    expect(refusal(() => anyFields.sealRow('customers', { id: 'c-1', card: stored['card'] }))).toBe(
      'ERR_ALREADY_SEALED',
    );
  });

  it('refuses a table that is not declared as personal', () => {
    expect(refusal(() => anyFields.sealRow('products', { id: 1 }))).toBe('ERR_POLICY_TABLE');
    expect(refusal(() => anyFields.openRow('nowhere', { id: 1 }, 'account'))).toBe('ERR_POLICY_TABLE');
  });
});

describe('openRow', () => {
  it('gives a purpose its columns and no other, plain columns and the row key as they are', () => {
    const opened = fields.openRow('customers', { ...stored, password: '$argon2id$', joined: 1 }, 'orders');
    expect(Object.keys(opened).sort()).toEqual(['bought', 'card', 'created_at', 'email', 'id']);
    expect(opened.card?.reveal()).toBe('4111111111111111');
    expect(opened.email?.reveal()).toBe('Ada@Example.com');
    expect([opened.id, opened.created_at]).toEqual(['c-1', 'yesterday']);
    expect(opened.reveal()).toEqual({
      ...{ id: 'c-1', created_at: 'yesterday', bought: ada.bought },
      ...{ card: '4111111111111111', email: 'Ada@Example.com' },
    });
  });

  it('gives values back in their types', () => {
    const { born, points, profile } = fields.openRow('customers', stored, 'account').reveal();
    expect([born, points]).toEqual(['1990-12-10', 12n]);
    expect(JSON.stringify(profile)).toBe('{"likes":["tea",null]}');
  });

  it('shows labels wherever it is printed', () => {
    const opened = fields.openRow('customers', stored, 'account');
    const printed = [
      JSON.stringify(opened),
      inspect(opened, { showHidden: true, depth: 9 }),
      format('%o %O %j %s', opened, opened, opened, opened.email),
      `${String(opened.phone)} ${String(opened.born)}`,
      JSON.stringify(structuredClone({ ...opened })),
      JSON.stringify(Object.entries(opened)),
    ];
    for (const text of printed) for (const secret of secrets) expect(text).not.toContain(secret);
    expect(JSON.parse(JSON.stringify(opened))).toMatchObject({
      email: '[user.contact.email]',
      phone: '[user.contact.phone_number]',
      born: '[user.demographic.date_of_birth]',
    });
    expect(Object.keys(opened)).not.toContain('reveal');
    expect(Object.isFrozen(opened)).toBe(true);
  });

  it('opens the columns that were selected, and leaves out the others', () => {
    const opened = anyFields.openRow('customers', { id: 'c-1', email: stored['email'] }, 'account');
    expect(Object.keys(opened)).toEqual(['id', 'email']);
  });

  it.each(['unused', 'marketing', '', 'constructor'])(
    'refuses the purpose %j, which may open nothing here',
    (purpose) => {
      expect(refusal(() => anyFields.openRow('customers', stored, purpose))).toBe('ERR_PURPOSE_REFUSED');
    },
  );

  it('refuses a row that another row’s value was moved into, by every sealed column', () => {
    const other = fields.sealRow('customers', { ...ada, id: 'c-2' });
    for (const column of ['email', 'phone', 'born', 'points', 'profile']) {
      const moved = { ...stored, [column]: other[column] };
      expect(refusal(() => fields.openRow('customers', moved, 'account'))).toBe('ERR_SEAL_BROKEN');
    }
    expect(refusal(() => fields.openRow('customers', { ...stored, id: 'c-2' }, 'account'))).toBe('ERR_SEAL_BROKEN');
  });

  it('refuses two columns of one row exchanged', () => {
    const exchanged = { ...stored, email: stored['phone'], phone: stored['email'] };
    expect(refusal(() => fields.openRow('customers', exchanged, 'account'))).toBe('ERR_SEAL_KEY');
  });

  it('refuses plaintext in a sealed column instead of passing it on', () => {
    expect(refusal(() => fields.openRow('customers', { ...stored, card: '4111111111111111' }, 'orders'))).toBe(
      'ERR_NOT_SEALED',
    );
    expect(refusal(() => fields.openRow('customers', { ...stored, card: '' }, 'orders'))).toBe('ERR_NOT_SEALED');
  });

  it('refuses a value of another type in its place', () => {
    const loose = createFields({ application: 'shop', keys });
    const card = loose.seal(4111, { table: 'customers', column: 'card', row: 'c-1' });
    expect(refusal(() => fields.openRow('customers', { ...stored, card }, 'orders'))).toBe('ERR_SEAL_BROKEN');
  });

  it('knows a row by its key whether a driver gives it as number, bigint or text', () => {
    for (const [before, after] of [
      [42, '42'],
      ['42', 42n],
      [42n, 42],
      [-7, '-7'],
      [2 ** 40, String(2 ** 40)],
    ]) {
      const row = anyFields.sealRow('customers', { id: before, card: 'x' });
      expect(anyFields.openRow('customers', { ...row, id: after }, 'orders').reveal()['card']).toBe('x');
    }
    const padded = anyFields.sealRow('customers', { id: '042', card: 'x' });
    expect(refusal(() => anyFields.openRow('customers', { ...padded, id: 42 }, 'orders'))).toBe('ERR_SEAL_BROKEN');
  });

  it('binds a row to every part of its key', () => {
    const row = fields.sealRow('lines', { order: 'o-1', line: 1, note: 'gift' });
    expect(fields.openRow('lines', { ...row, line: '1' }, 'orders').note?.reveal()).toBe('gift');
    expect(refusal(() => fields.openRow('lines', { ...row, line: 2 }, 'orders'))).toBe('ERR_SEAL_BROKEN');
    expect(refusal(() => fields.openRow('lines', { ...row, order: 'o-2' }, 'orders'))).toBe('ERR_SEAL_BROKEN');
  });
});

describe('seal and open', () => {
  const place = { table: 'customers', column: 'card', row: 'c-1' } as const;

  it('open what sealRow sealed, for a purpose of the column, as a Secret with its category', () => {
    const opened = fields.open(stored['card'], place, 'orders');
    expect(opened.reveal()).toBe('4111111111111111');
    expect(String(opened)).toBe('[user.financial.credit_card]');
    expect(fields.open(fields.seal('42', place), place, 'orders').reveal()).toBe('42');
  });

  it('refuse a purpose without a right to the column', () => {
    for (const purpose of ['account', 'unused', 'marketing']) {
      expect(refusal(() => anyFields.open(stored['card'], place, purpose))).toBe('ERR_PURPOSE_REFUSED');
    }
  });

  it('refuse columns that are not sealed, or not declared', () => {
    for (const column of ['letter', 'created_at', 'id', 'nickname', 'password']) {
      const at = { ...place, column };
      expect(refusal(() => anyFields.seal('x', at))).toBe('ERR_COLUMN_REFUSED');
      expect(refusal(() => anyFields.open(stored['card'], at, 'orders'))).toBe('ERR_COLUMN_REFUSED');
    }
  });

  it('keep tenants apart, and refuse an empty one', () => {
    const sealed = fields.seal('x', { ...place, tenant: 'north' });
    expect(fields.open(sealed, { ...place, tenant: 'north' }, 'orders').reveal()).toBe('x');
    expect(refusal(() => fields.open(sealed, { ...place, tenant: 'south' }, 'orders'))).toBe('ERR_SEAL_BROKEN');
    expect(refusal(() => fields.open(sealed, place, 'orders'))).toBe('ERR_SEAL_BROKEN');
    expect(refusal(() => fields.seal('x', { ...place, tenant: '' }))).toBe('ERR_PLACE_INVALID');
  });
});

describe('fields without a policy', () => {
  const loose = createFields({ application: 'shop', keys });
  const place = { table: 'notes', column: 'body', row: 1 } as const;

  it.each([
    ['text', 'é'],
    ['a boolean', true],
    ['a number', -0.5],
    ['a bigint', 7n],
    ['a date', new Date(5)],
    ['JSON', { a: [1] }],
  ])('give %s back as it was, labelled with its place', (_what, value) => {
    const opened = loose.open(loose.seal(value, place), place);
    expect(opened.reveal()).toEqual(value);
    expect(String(opened)).toBe('[notes.body]');
  });

  it('give bytes back', () => {
    expect(loose.open(loose.seal(Buffer.from([1, 2]), place), place).reveal()).toEqual(Buffer.from([1, 2]));
  });

  it('name the key of a sealed value', () => {
    expect(loose.keyIdOf(loose.seal('x', place))).toBe(0x01020304);
    expect(fields.keyIdOf(stored['card'])).toBe(0x01020304);
    expect(loose.keyIdOf('x')).toBeNull();
  });

  it('refuse null and undefined, which are no values', () => {
    for (const nothing of [null, undefined]) {
      expect(refusal(() => loose.seal(nothing as never, place))).toBe('ERR_VALUE_TYPE');
    }
  });

  it('refuse a call without a place', () => {
    expect(refusal(() => loose.seal('x', undefined as never))).toBe('ERR_PLACE_INVALID');
  });
});

describe('createFields', () => {
  it('refuses an application that is not the policy’s, because nothing sealed would open', () => {
    expect(refusal(() => createFields({ application: 'isp', keys, policy }))).toBe('ERR_OPTION_INVALID');
  });

  it('refuses misspelt options and a missing ring', () => {
    expect(refusal(() => createFields({ application: 'shop', keys, polcy: policy } as never))).toBe(
      'ERR_OPTION_UNKNOWN',
    );
    expect(refusal(() => createFields({ application: 'shop' } as never))).toBe('ERR_OPTION_MISSING');
  });

  it('stops with the ring', () => {
    const closing = ring();
    const stopped = createFields({ application: 'shop', keys: closing, policy });
    stopped.blindIndex('customers', 'email', 'x');
    closing.close();
    expect(refusal(() => stopped.sealRow('customers', ada))).toBe('ERR_KEY_RING_CLOSED');
    expect(refusal(() => stopped.openRow('customers', stored, 'account'))).toBe('ERR_KEY_RING_CLOSED');
    expect(refusal(() => stopped.blindIndex('customers', 'email', 'x'))).toBe('ERR_KEY_RING_CLOSED');
  });
});
