import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { createFields } from '../../src/fields/index.js';
import { definePolicy } from '../../src/policy/index.js';
import { fixedRing } from '../envelope/fixed-ring.js';

const policy = definePolicy({
  application: 'shop',
  purposes: { account: 'contract', orders: 'contract' },
  tables: {
    documents: {
      row: 'id',
      columns: {
        scan: { is: 'message', for: ['account'], value: 'bytes' },
        title: { is: 'message', for: ['account'] },
        size: { is: 'customer_number', for: ['account'] },
        made: 'not personal',
      },
    },
  },
});
const keys = () => fixedRing([{ id: 0x01020304, key: Buffer.alloc(32, 1) }]);
const fields = createFields({ application: 'shop', keys: keys(), policy });
const place = { table: 'documents', column: 'scan', row: '42' } as const;
const letter = Buffer.alloc(70_000, 'a letter ');

describe('streams of a declared column', () => {
  it('open for a purpose of the column, in their row, whichever way its key is written', async () => {
    const sealed = await buffer(Readable.from([letter]).pipe(fields.sealStream(place)));
    const opened = await buffer(Readable.from([sealed]).pipe(fields.openStream({ ...place, row: 42 }, 'account')));
    expect(opened).toEqual(letter);
    const elsewhere = Readable.from([sealed]).pipe(fields.openStream({ ...place, row: 43 }, 'account'));
    await expect(buffer(elsewhere)).rejects.toMatchObject({ code: 'ERR_SEAL_KEY' });
  });

  it('are refused for another purpose', () => {
    for (const purpose of ['orders', 'toString'])
      expect(() => fields.openStream(place, purpose as 'orders')).toThrow(
        expect.objectContaining({ code: 'ERR_PURPOSE_REFUSED' }),
      );
  });

  it.each(['title', 'size', 'made', 'nothing'])('are refused for %s, which is no sealed column of bytes', (column) => {
    const wrong = { ...place, column: column as 'scan' };
    const refusal = expect.objectContaining({ code: 'ERR_COLUMN_REFUSED' });
    expect(() => fields.sealStream(wrong)).toThrow(refusal);
    expect(() => fields.openStream(wrong, 'account')).toThrow(refusal);
  });
});

describe('streams without a policy', () => {
  it('are sealed and opened by their place alone', async () => {
    const plain = createFields({ application: 'shop', keys: keys() });
    const sealed = Readable.from([letter]).pipe(plain.sealStream(place));
    expect(await buffer(sealed.pipe(plain.openStream({ ...place, row: 42n })))).toEqual(letter);
  });
});
