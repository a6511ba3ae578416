import { describe, expect, it } from 'vitest';
import type { LiveColumn } from '../../../src/base/ports/database.js';
import { draftPolicy } from '../../../src/cli/draft/draft-policy.js';
import { guessColumn, isAboutPeople } from '../../../src/cli/draft/guess-column.js';

const column = (name: string, type = 'text'): LiveColumn => ({ name, type, nullable: true });
const draft = (tables: Record<string, LiveColumn[]>, rowKeys: Record<string, string[]> = {}) =>
  draftPolicy({
    application: 'shop',
    live: new Map(Object.entries(tables)),
    rowKeys: new Map(Object.entries(rowKeys)),
  });

describe('the guess of a column', () => {
  it.each([
    ['email', 'email'],
    ['contact_email', 'email'],
    ['e_mail', 'email'],
    ['phone_number', 'phone'],
    ['mobile', 'phone'],
    ['first_name', 'name'],
    ['surname', 'name'],
    ['street', 'postal_address'],
    ['zip', 'postal_address'],
    ['birthday', 'date_of_birth'],
    ['card_number', 'card_number'],
    ['card_expiry', 'card_expiry'],
    ['iban', 'bank_account'],
    ['password_hash', 'password_hash'],
    ['encrypted_password', 'password_hash'],
    ['user_agent', 'user_agent'],
    ['referer', 'referrer'],
    ['customer_number', 'customer_number'],
    ['ip_address', 'ip_address'],
    ['created_at', 'not personal'],
    ['price_cents', 'not personal'],
  ])('is sure that %s is %s', (name, is) => {
    expect(guessColumn(column(name), true)).toEqual({ is });
  });

  it.each(['password', 'cvv', 'city', 'ssn', 'api_key', 'newsletter', 'username', 'notes', 'last4', 'latitude'])(
    'leaves %s to a person',
    (name) => {
      expect(guessColumn(column(name), true).because).toBeTypeOf('string');
    },
  );

  it('takes an address type for what it is, whatever the name', () => {
    expect(guessColumn(column('seen_from', 'inet'), false)).toEqual({ is: 'ip_address' });
  });

  it('takes a bare name for a person’s in a table about people only', () => {
    expect(guessColumn(column('name'), true)).toEqual({ is: 'name' });
    expect(guessColumn(column('name'), false)).toEqual({ is: 'not personal' });
  });

  it('does not find words inside of words', () => {
    for (const name of ['shipping_method', 'company_panel', 'expected', 'emailed_count', 'hotel']) {
      expect(guessColumn(column(name), false), name).toEqual({ is: 'not personal' });
    }
  });
});

describe('a table about people', () => {
  it.each(['customers', 'user', 'crm.contacts', 'shop_accounts', 'registrations'])('is %s', (table) => {
    expect(isAboutPeople(table)).toBe(true);
  });
  it.each(['products', 'userland_builds', 'orders'])('is not told by the name of %s', (table) => {
    expect(isAboutPeople(table)).toBe(false);
  });
});

describe('the draft', () => {
  it('declares a table without a telling name when a column surely is personal', () => {
    const { text } = draft({ orders: [column('id'), column('email'), column('gift_text')] }, { orders: ['id'] });
    expect(text).toContain(`    orders: {\n      row: 'id',`);
    expect(text).toMatch(/DECIDE: what is it\?[^\n]*\n +gift_text: \{ is: 'message', for: \[\] \}/);
  });

  it('marks a table whose rows nothing identifies', () => {
    const { text, undecided } = draft({ customers: [column('email')] });
    expect(text).toContain('// DECIDE: no primary key: which columns identify a row?\n      row: [],');
    expect(undecided).toContain('customers');
  });

  it('keeps a row key of several columns in order', () => {
    expect(draft({ users: [column('tenant'), column('nr')] }, { users: ['tenant', 'nr'] }).text).toContain(
      `row: ['tenant', 'nr'],`,
    );
  });

  it('indexes an address only where the database has the column for it', () => {
    expect(draft({ users: [column('email'), column('email_index')] }).text).toContain(`index: 'email' },`);
    const without = draft({ users: [column('email')] }).text;
    expect(without).toMatch(/DECIDE: looked up by equality\?[^\n]*email_index of type text\n/);
    expect(without).toContain(`email: { is: 'email', for: ['account'] },`);
  });

  it('says that a sealed value needs text, and leaves a date in the clear until then', () => {
    const { text } = draft({ users: [column('date_of_birth', 'date')] });
    expect(text).toMatch(
      /DECIDE: a sealed value needs a column of type text, and this is date\n +date_of_birth: \{ is: 'date_of_birth', for: \['account'\], atRest: 'clear' \}/,
    );
  });

  it('lets no name of a table or column out of its quotes or its comment', () => {
    const nasty = `x', y: process.exit(1), z: '\n; process.exit(2) // \u2028`;
    const { text } = draft({
      [nasty]: [column(nasty), column('email')],
      [`plain ${nasty}`]: [column(nasty), column('notes')],
    });
    for (const line of text.split(/[\n\r\u2028\u2029]/)) expect(line).not.toMatch(/^\s*(;|process)/);
    expect(text.replace(/'(\\.|[^'\\])*'|\/\/[^\n]*/g, '')).not.toContain('process');
  });

  it.each([
    ['text', ''],
    ['bytea', "      form: 'bytes',\n"],
  ])('knows rows that are sealed whole, in a column of type %s', (type, form) => {
    const { text, undecided } = draft({ parcels: [column('id'), { ...column('sealed'), type }] }, { parcels: ['id'] });
    expect(text).toContain(
      `      row: 'id',\n      seal: 'row',\n${form}      columns: {\n        // DECIDE: which columns are inside`,
    );
    expect(text).not.toMatch(/^ +sealed:/m);
    expect(undecided).toContain('parcels.sealed');
    expect(draft({ jars: [column('id'), { ...column('sealed'), type: 'boolean' }] }, {}).text).not.toContain(
      "seal: 'row'",
    );
  });
});
