import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { childText, oldTable } from './killed.js';

const rows = 20_000;
const rounds = 9;

interface Speed {
  readonly columns: number;
  /** Rows a second, medians. */
  readonly rotated: number;
  readonly bare: number;
  /** Median of the ratios of the rounds. */
  readonly ratio: number;
}

/**
 * Rows a second of a whole `rotateFields`, its counts before and after among them, beside `walkTable` with a change
 * that looks ready texts of the same length up: the same reads and the same UPDATE. Turn by turn, each from the same
 * rows, in a process of its own over what is compiled.
 */
async function compare(columns: readonly ('email' | 'points')[]): Promise<Speed> {
  const bench = await oldTable(rows);
  try {
    const file = join(bench.folder, 'speed.mjs');
    writeFileSync(file, childText(bench, speedText(columns)));
    const { stdout } = await promisify(execFile)(process.execPath, [file], { encoding: 'utf8' });
    process.stdout.write(stdout);
    return JSON.parse(stdout) as Speed;
  } finally {
    await bench.drop();
  }
}

function speedText(columns: readonly string[]): string {
  return `
    const columns = ${JSON.stringify(columns)};
    const texts = new Map(Array.from({ length: ${rows} }, (_, at) => [String(at + 1), Object.fromEntries(columns.map((column) =>
      [column, fields.seal(column === 'email' ? 'c1@example.com' : 1n, { table: 'customers', column, row: at + 1 })]))]));
    const first = await database.query('select * from customers order by id');
    const lists = ['id', 'email', 'points'].map((name) =>
      first.map((row) => (name === 'id' || columns.includes(name) ? row[name] : null)));
    const timed = async (work) => {
      await database.query('truncate customers');
      await database.query('insert into customers select * from unnest($1::int[], $2::text[], $3::text[])', lists);
      await database.query('vacuum analyze customers');
      const start = performance.now();
      const { changed } = await work();
      if (changed !== ${rows}) throw new Error('changed ' + changed);
      return ${rows} / ((performance.now() - start) / 1000);
    };
    const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
    const [rotated, bare] = [[], []];
    const change = ({ id }) => texts.get(id);
    for (let round = 0; round < ${rounds}; round += 1) {
      bare.push(await timed(() => walkTable({ database, table: 'customers', key: ['id'], columns, change })));
      rotated.push(await timed(() => rotateFields({ database, fields, indexes: false })));
    }
    const ratio = median(rotated.map((own, at) => own / bare[at]));
    console.log(JSON.stringify({
      columns: columns.length, rotated: Math.round(median(rotated)), bare: Math.round(median(bare)), ratio,
    }));`;
}

describe('the rows a second of a rotation', () => {
  it('are told beside those of the same update without any cryptography, for one value a row and for two', async () => {
    expect((await compare(['email'])).ratio).toBeGreaterThan(0.2);
    expect((await compare(['email', 'points'])).ratio).toBeGreaterThan(0.15);
  });
});
