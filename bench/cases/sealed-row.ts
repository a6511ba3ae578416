import { type AnyFields, createFields } from 'safekeep/fields';
import { definePolicy, type Policy } from 'safekeep/policy';
import { naive } from '../contenders/field-peers.js';
import { newRing } from '../contenders/ring.js';
import { values, where } from '../contenders/sealing.js';
import type { BenchCase, Contender } from '../harness/case.js';

type Columns = Readonly<Record<string, unknown>>;
/** What a table stores for one row, and the row again. */
interface RowSealing {
  seal(row: Columns): Columns;
  open(stored: Columns): Columns;
}

/** Sealed as one, suite 11. */
async function sealedRow(fields: number): Promise<RowSealing> {
  const columns = Object.fromEntries(
    names(fields).map((name) => [name, { is: 'postal_address', for: ['delivery'] } as const]),
  );
  const policy = definePolicy({
    application: 'bench',
    purposes: { delivery: 'contract' },
    tables: { customers: { row: 'id', seal: 'row', columns } },
  }) as Policy;
  const sealer: AnyFields = createFields({ application: 'bench', keys: await newRing(), policy });
  return {
    seal: (row) => sealer.sealRow('customers', row),
    open: (stored) => sealer.openRow('customers', stored, 'delivery').reveal(),
  };
}

/** Every field for itself. */
async function fieldByField(fields: number): Promise<RowSealing> {
  const sealing = await naive.make();
  const each = (row: Columns, act: (value: string) => unknown): Columns => {
    const done: Record<string, unknown> = { id: row['id'] };
    for (const name of names(fields)) done[name] = act(row[name] as string);
    return done;
  };
  return {
    seal: (row) => each(row, (value) => sealing.seal(value, where)),
    open: (stored) => each(stored, (value) => sealing.open(value, where)),
  };
}

function names(fields: number): string[] {
  return Array.from({ length: fields }, (_, index) => `line_${index}`);
}

function contenders(fields: number, what: 'seal' | 'open'): Contender[] {
  const rows = values.map((_, at) => ({
    id: `c-${at}`,
    ...Object.fromEntries(names(fields).map((name, field) => [name, values[(at + field) & 63]])),
  }));
  return [
    { name: 'safekeep (a sealed row)', make: sealedRow },
    { name: 'naive AES-256-GCM, each field', make: fieldByField },
  ].map(({ name, make }) => ({
    name,
    async prepare() {
      const sealing = await make(fields);
      const stored = rows.map((row) => sealing.seal(row));
      return {
        sample: () => JSON.stringify(stored.map((row) => Object.entries(sealing.open(row)).sort())),
        run(operations) {
          let columns = 0;
          for (let done = 0; done < operations; done += 1) {
            const at = done & 63;
            const row = what === 'seal' ? sealing.seal(rows[at] as Columns) : sealing.open(stored[at] as Columns);
            columns += Object.keys(row).length;
          }
          return columns;
        },
      };
    },
  }));
}

export const cases: readonly BenchCase[] = [5, 10, 20].flatMap((fields) =>
  (['seal', 'open'] as const).map((what) => ({
    name: `sealed-row-${what}-${fields}`,
    question: `What does ${what === 'seal' ? 'sealing' : 'opening'} a row of ${fields} fields cost beside each field for itself?`,
    mode: 'together' as const,
    operations: 200,
    contenders: contenders(fields, what),
  })),
);
