import { describe, expect, it } from 'vitest';
import type { Queryable, Row } from '../../src/base/ports/database.js';
import type { SecurityEvent } from '../../src/base/ports/security-events.js';
import { createFields } from '../../src/fields/index.js';
import type { Policy } from '../../src/policy/index.js';
import { createRedactor } from '../../src/redaction/index.js';
import { at, clock, fieldsOf, policy, ring } from './shop.js';

const columns = ['customers.email', 'customers.name', 'notes.note', 'notes.points', 'billing.card', 'billing.due'];
const reason = 'the import of December';
const reading = fieldsOf({ columns, reason, clock });
const strict = fieldsOf();
const note = { table: 'notes', column: 'note', row: 1 };

describe('reading plaintext while an import is under way', () => {
  it('is refused where nobody asked for it', () => {
    expect(() => strict.open('plain', note, 'account')).toThrow(expect.objectContaining({ code: 'ERR_NOT_SEALED' }));
    const row = { id: 1, email_plain: 'ada@example.com', email: null, name: null, name_plain: null };
    expect(() => strict.openRow('customers', row, 'account')).toThrow(
      expect.objectContaining({ code: 'ERR_PLAINTEXT_READ' }),
    );
  });

  it('gives a Secret of the column’s type and counts it', () => {
    const opened = reading.open('ring twice', note, 'account');
    expect(String(opened)).toBe('[user.content.private]');
    expect(opened.reveal()).toBe('ring twice');
    const row = reading.openRow('notes', { id: 1, note: 'a', points: '42' }, 'account');
    expect(row.reveal()).toMatchObject({ note: 'a', points: 42n });
    expect(JSON.stringify(row)).not.toContain('42');
    expect(reading.plaintextReads()).toMatchObject({ 'notes.note': 2, 'notes.points': 1, 'customers.email': 0 });
  });

  it('reads the plaintext beside a sealed value only while that is not there', () => {
    const row = { id: 1, email_plain: 'old@example.com', name_plain: null, name: null };
    const sealed = reading.sealRow('customers', { id: 1, email: 'new@example.com', name: null });
    expect(sealed).toMatchObject({ email_plain: null, name_plain: null });
    const open = (more: Row) => reading.openRow('customers', { ...row, ...more }, 'account').reveal();
    expect(open({ email: null })).toMatchObject({ email: 'old@example.com', name: null });
    expect(open({ email: sealed['email'] })).toMatchObject({ email: 'new@example.com' });
    expect(() => reading.openRow('customers', { id: 1, email: null }, 'account')).toThrow(
      expect.objectContaining({ code: 'ERR_COLUMN_REFUSED' }),
    );
  });

  it('reads what the driver makes of a plaintext in a row that is to be sealed whole', () => {
    const stored = { id: 'b-1', sealed: null, card: '4111111111111111', due: new Date(2026, 11, 24) };
    expect(reading.openRow('billing', stored, 'account').reveal()).toMatchObject({
      card: '4111111111111111',
      due: '2026-12-24',
      remark: null,
    });
    expect(() => strict.openRow('billing', stored, 'account')).toThrow(
      expect.objectContaining({ code: 'ERR_PLAINTEXT_READ' }),
    );
  });

  it('ends with the last day', () => {
    const on = (day: string) => fieldsOf({ columns, reason, clock: at(day) });
    expect(on('2027-01-31').open('x', note, 'account').reveal()).toBe('x');
    expect(() => on('2027-02-01').open('x', note, 'account')).toThrow(
      expect.objectContaining({ code: 'ERR_PLAINTEXT_READ', facts: expect.objectContaining({ until: '2027-01-31' }) }),
    );
  });

  it('takes no damaged sealed value for plaintext, whichever character is changed, lost or cut off', () => {
    const sealed = String(strict.seal('ring twice', note));
    for (let index = 0; index < sealed.length; index += 1) {
      for (const other of ['A', '_', '~', ' ']) {
        if (sealed[index] === other) continue;
        const changed = sealed.slice(0, index) + other + sealed.slice(index + 1);
        expect(() => reading.open(changed, note, 'account')).toThrow(
          /ERR_(NOT_SEALED|SEAL_KEY|SEAL_BROKEN|KEY_UNKNOWN)/,
        );
      }
      const lost = sealed.slice(0, index) + sealed.slice(index + 1);
      expect(() => reading.open(lost, note, 'account')).toThrow();
      if (index > 3) expect(() => reading.open(sealed.slice(0, index), note, 'account')).toThrow();
    }
    for (const other of [sealed.toUpperCase(), ` ${sealed}`, `"${sealed}"`, sealed.slice(4), `\ufeff${sealed}`])
      expect(() => reading.open(other, note, 'account')).toThrow();
  });

  it('takes no sealed value of another row for plaintext', () => {
    const sealed = strict.seal('ring twice', { ...note, row: 2 });
    expect(() => reading.open(sealed, note, 'account')).toThrow(expect.objectContaining({ code: 'ERR_SEAL_BROKEN' }));
  });

  it('refuses what is none of the type, without saying it', () => {
    const refuse = () => reading.open('seventy', { table: 'notes', column: 'points', row: 1 }, 'account');
    expect(refuse).toThrow(expect.objectContaining({ code: 'ERR_VALUE_TYPE' }));
    expect(refuse).not.toThrow(/seventy/);
  });

  it('tells of the first, the tenth and the hundredth, never of what it was', () => {
    const heard: SecurityEvent[] = [];
    const events = {
      record: (event: SecurityEvent) => {
        heard.push(event);
        return heard.length > 1 ? Promise.reject(new Error('the log is down')) : Promise.resolve();
      },
    };
    const told = fieldsOf({ columns, reason, clock, events });
    for (let n = 0; n < 120; n += 1) told.open(`secret ${n}`, note, 'account');
    expect(heard.map(({ kind, facts }) => [kind, facts?.['place'], facts?.['reads']])).toEqual(
      [1, 10, 100].map((reads) => ['fields.plaintext-read', 'notes.note', reads]),
    );
    expect(JSON.stringify(heard)).not.toContain('secret');
  });

  it.each([
    [{ columns: ['notes.notes'], reason }],
    [{ columns: ['notes.note'], reason: 'because' }],
    [{ columns: ['notes.note'], reason, unit: 'x' }],
  ])('refuses %j', (read) => {
    expect(() => fieldsOf(read)).toThrow(/ERR_OPTION_(INVALID|UNKNOWN)/);
  });

  it('needs a policy', () => {
    const dangerouslyReadPlaintext = { columns: ['notes.note'], reason };
    expect(() => createFields({ application: 'shop', keys: ring, dangerouslyReadPlaintext })).toThrow(
      expect.objectContaining({ code: 'ERR_OPTION_INVALID' }),
    );
  });
});

describe('writing while an import is under way', () => {
  /** A table of one row that another writer changes between reading and writing. */
  const racing = (row: Row, change: Row) => {
    const asked: { sql: string; values: readonly unknown[] }[] = [];
    let current = row;
    const database: Pick<Queryable, 'query'> = {
      query: async <T extends Row>(sql: string, values: readonly unknown[] = []) => {
        asked.push({ sql, values });
        if (sql.startsWith('select')) return [current as T];
        const first = asked.filter(({ sql: own }) => own.startsWith('update')).length === 1;
        if (first) current = { ...current, ...change };
        return first ? [] : [current as T];
      },
    };
    return { database, asked };
  };

  it('keeps the rest of a row that waits to be sealed whole, and compares its plaintext', async () => {
    const { database, asked } = racing(
      { id: 'b-1', sealed: null, card: '4111111111111111', due: '2026-12-24', card_index: null },
      { card: '4242424242424242' },
    );
    await reading.updateRow('billing', { id: 'b-1' }, { remark: 'ring twice' }, { database });
    const written = asked.at(-1) as { sql: string; values: readonly unknown[] };
    expect(written.sql).toContain('"card"::text is not distinct from');
    expect(written.values).toContain('4242424242424242');
    const row = { id: 'b-1', card: null, due: null, sealed: written.values[0] };
    expect(strict.openRow('billing', row, 'account').reveal()).toMatchObject({
      card: '4242424242424242',
      due: '2026-12-24',
      remark: 'ring twice',
    });
  });

  it('refuses that where plaintext may not be read', async () => {
    const row = { id: 'b-1', sealed: null, card: '4111111111111111', due: null, card_index: null };
    await expect(strict.updateRow('billing', { id: 'b-1' }, { remark: 'x' }, racing(row, {}))).rejects.toMatchObject({
      code: 'ERR_PLAINTEXT_READ',
    });
  });
});

describe('a plaintext column in a log', () => {
  it('is erased or masked like the column it is imported into', () => {
    const shown = JSON.stringify(
      createRedactor({ policy: policy as Policy }).value({
        name_plain: 'Ada Lovelace',
        email_plain: 'ada@example.com',
      }),
    );
    expect(shown).not.toContain('Lovelace');
    expect(shown).not.toContain('ada@example.com');
  });
});
