import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createFields } from '../../src/fields/index.js';
import { fileRootKey, openKeyRing } from '../../src/keys/index.js';
import { root } from '../house/tree.js';
import { type TestDatabase, testDatabase } from '../services/database.js';

const program = join(root, 'dist/cli/main.js');
const scratch = mkdtempSync(join(tmpdir(), 'safekeep-leakage-'));
const leakage = (args: readonly string[], input = '') =>
  spawnSync(process.execPath, [program, 'keys', 'leakage', ...args], { cwd: scratch, encoding: 'utf8', input });
const towns = Array.from({ length: 300 }, (_, at) => (at % 3 === 0 ? 'York' : at % 10 === 1 ? 'Ely' : 'Leeds'));
const addresses = Array.from({ length: 300 }, (_, at) => `customer-${at}@example.com`);

beforeAll(() => {
  if (!existsSync(program)) throw new Error('run first: npm run build');
  writeFileSync(join(scratch, 'towns.txt'), `${towns.join('\n')}\n`);
});
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

describe('safekeep keys leakage', () => {
  it('ends with status 1 for a column that an index gives away, with advice and without a value', () => {
    const { status, stdout, stderr } = leakage(['--values', 'towns.txt', '--max-recovered', '0.7']);
    expect(status).toBe(1);
    expect(stderr).toMatch(/^safekeep: ERR_INDEX_LEAKS: .*recovered: 1,.*\n$/);
    const asJson = leakage(['--values', 'towns.txt', '--json']).stderr;
    expect(JSON.parse(asJson)).toMatchObject({ error: { code: 'ERR_INDEX_LEAKS', facts: { maxRecovered: 0.05 } } });
    expect(stdout).toContain('An index of 128 bits over 300 rows with 3 different values:');
    expect(stdout).toContain('named by frequency  100.0 % of the rows');
    expect(stdout).toMatch(/Within the limit: [0-9]+ bits/);
    for (const town of new Set(towns)) expect(stdout + stderr).not.toContain(town);
  });

  it('ends with status 0 for values that are all different, read from the standard input', () => {
    const { status, stdout, stderr } = leakage(['--values', '-', '--json'], addresses.join('\n'));
    expect(stderr).toBe('');
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      leaks: false,
      maxRecovered: 0.05,
      measured: { bits: 128, rows: 300, distinctValues: 300, buckets: { count: 300, largest: 1 } },
      advised: { bits: 128, partitions: 1 },
      plan: { bits: 7, mostBits: 7 },
    });
  });

  it('takes what the attacker knows from a file, and says which of its lines it does not understand', () => {
    writeFileSync(join(scratch, 'known.tsv'), '9\tYork\n7\tLeeds\n1\tEly\n');
    const { stdout } = leakage(['--values', 'towns.txt', '--auxiliary', 'known.tsv', '--json']);
    expect((JSON.parse(stdout) as { measured: { recovered: number } }).measured.recovered).toBeLessThan(0.2);
    writeFileSync(join(scratch, 'odd.tsv'), '9\tYork\nLeeds\n');
    const { status, stderr } = leakage(['--values', 'towns.txt', '--auxiliary', 'odd.tsv']);
    expect(status).toBe(1);
    expect(stderr).toMatch(/ERR_OPTION_INVALID.*on line 2/);
    expect(stderr).not.toContain('Leeds');
  });

  it.each([
    [['--values', 'towns.txt', '--max-recovered', '2']],
    [['--values', 'towns.txt', '--bits', 'many']],
    [['--values', 'towns.txt', '--normaliser', 'soundex/1']],
    [['--values', 'towns.txt', '--database', '-']],
  ])('does not understand %j and ends with status 2', (args) => {
    expect(leakage(args).status).toBe(2);
  });

  it('asks for a sample when none is named', () => {
    const { status, stderr } = leakage([]);
    expect(status).toBe(1);
    expect(stderr).toMatch(/ERR_OPTION_MISSING.*option: values/);
  });

  describe('on a live table', () => {
    let server: TestDatabase;
    beforeAll(async () => {
      server = await testDatabase();
      const ring = { root: fileRootKey(join(scratch, 'root.key'), { create: true }), path: join(scratch, 'keys.json') };
      const keys = await openKeyRing({ ...ring, create: true });
      const fields = createFields({ application: 'shop', keys });
      await server.database.query('create table people (id bigint primary key, town text, sealed_town text)');
      const rows = towns.map((town, id) => [
        ...[id, town, fields.seal(town, { table: 'people', column: 'sealed_town', row: id })],
      ]);
      await server.database.query(
        'insert into people select * from unnest($1::bigint[], $2::text[], $3::text[])',
        [0, 1, 2].map((at) => rows.map((row) => row[at])),
      );
      keys.close();
    });
    afterAll(() => server.drop());
    const live = (column: string, ...more: string[]) =>
      leakage(['--database', '-', '--table', 'people', '--column', column, '--json', ...more], server.url);

    it('measures a column in the clear', () => {
      const { stdout, status } = live('town');
      expect(JSON.parse(stdout)).toMatchObject({ leaks: true, measured: { rows: 300, distinctValues: 3 } });
      expect(status).toBe(1);
    });

    it('opens a sealed one for itself, and says what it needs for that', () => {
      expect(live('sealed_town').stderr).toMatch(/ERR_OPTION_MISSING/);
      const { stdout } = live('sealed_town', '--root', 'root.key', '--ring', 'keys.json', '--application', 'shop');
      expect(JSON.parse(stdout)).toMatchObject({
        leaks: true,
        measured: { rows: 300, distinctValues: 3, recovered: 1 },
      });
      expect(stdout).not.toContain('Leeds');
    });
  });
});
