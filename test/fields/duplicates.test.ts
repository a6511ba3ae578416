import { describe, expect, it } from 'vitest';
import { SafekeepError } from '../../src/base/errors.js';
import type { Database } from '../../src/base/ports/database.js';
import { unlessDuplicate } from '../../src/fields/duplicates.js';

const table = { name: 'customers', rowKey: ['id'], indexes: [{ column: 'email_index', unique: true }] };
const update = 'update customers t set …';

/** Writes rows, but none whose new index is `taken`. */
function refusing(): Database {
  const query = async (_sql: string, values: readonly unknown[] = []) => {
    const [ids = [], indexes = []] = values as readonly (readonly unknown[])[];
    if (indexes.includes('taken')) throw new SafekeepError('ERR_DATABASE_UNIQUE');
    return ids.map(() => ({ one: 1 }));
  };
  return { query } as never;
}

describe('a batch in which a unique index refuses a row', () => {
  it('is written but for that row, also when the batch before it ends while this one is made ready', async () => {
    const { database, expect: about, count } = unlessDuplicate(refusing(), table);
    about({ id: '1' }, { email_index: 'a' });
    const first = database.query(update, [['1'], ['a']]);
    about({ id: '2' }, { email_index: 'taken' });
    about({ id: '3' }, { email_index: 'b' });
    expect(await first).toHaveLength(1);
    expect(
      await database.query(update, [
        ['2', '3'],
        ['taken', 'b'],
      ]),
    ).toHaveLength(1);
    expect(count()).toBe(1);
  });

  it('fails where the refusal is of another constraint than an index that was written', async () => {
    const { database, expect: about } = unlessDuplicate(refusing(), table);
    about({ id: '1' }, { email_index: null });
    await expect(database.query(update, [['1'], ['taken']])).rejects.toMatchObject({ code: 'ERR_DATABASE_UNIQUE' });
    await expect(database.query(update, [['4'], ['taken']])).rejects.toMatchObject({ code: 'ERR_DATABASE_UNIQUE' });
  });
});
