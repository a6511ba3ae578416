import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sealedQueryLogger } from '../../src/queries/index.js';
import { ada, createTable, fieldsOfShop, grace, policy, refused } from '../recipes/shop.js';
import { type TestDatabase, testDatabase } from '../services/database.js';
import { original, present } from './originals.js';

type Row = Record<string, unknown>;
interface Builder {
  select(what: string): Builder;
  where(text: string, values?: object): Builder;
  orderBy(text: string): Builder;
  groupBy(text: string): Builder;
  skip(count: number): Builder;
  take(count: number): Builder;
  getMany(): Promise<Row[]>;
  getRawMany(): Promise<Row[]>;
}
interface Repository {
  insert(rows: readonly Row[]): Promise<unknown>;
  save(row: Row): Promise<unknown>;
  update(where: Row, row: Row): Promise<unknown>;
  find(o: object): Promise<Row[]>;
  findOneByOrFail(where: object): Promise<Row>;
  createQueryBuilder(alias: string): Builder;
  minimum(column: string): Promise<unknown>;
}
interface Runner {
  query(sql: string, values: readonly unknown[], structured: true): Promise<{ records: Row[] }>;
  release(): Promise<void>;
}
interface Source {
  initialize(): Promise<Source>;
  destroy(): Promise<void>;
  getRepository(name: string): Repository;
  createQueryRunner(): Runner;
  query(sql: string, values?: readonly unknown[]): Promise<unknown>;
  transaction<T>(work: (manager: { getRepository(name: string): Repository }) => Promise<T>): Promise<T>;
}
interface Library {
  DataSource: new (o: object) => Source;
  EntitySchema: new (o: object) => object;
  In(values: readonly unknown[]): unknown;
  LessThan(value: unknown): unknown;
  Like(value: string): unknown;
  IsNull(): unknown;
}

describe.skipIf(!present)('the recipe for TypeORM', () => {
  let server: TestDatabase;
  let source: Source;
  let customers: Repository;
  const typeorm = () => original<Library>('typeorm');
  const fields = fieldsOfShop();

  beforeAll(async () => {
    server = await testDatabase();
    await server.database.query(createTable);
    const { DataSource, EntitySchema } = typeorm();
    const text = { type: 'text', nullable: true } as const;
    const customer = new EntitySchema({
      name: 'Customer',
      tableName: 'customers',
      columns: {
        id: { type: 'text', primary: true },
        ...{ email: text, email_index: text, born: text },
        joined: { type: 'int' },
      },
    });
    const logger = sealedQueryLogger(policy);
    source = await new DataSource({ type: 'postgres', url: server.url, entities: [customer], logger }).initialize();
    customers = source.getRepository('Customer');
  });
  afterAll(async () => {
    await source.destroy();
    await server.drop();
  });

  it('writes, finds and opens rows', async () => {
    await customers.insert(fields.sealRows('customers', [ada, grace]));
    const indexes = fields.blindIndexes('customers', { email: 'Grace@example.com' });
    const hits = await customers.find({ where: { email_index: typeorm().In(indexes) } });
    const [stored] = fields.confirm('customers', { email: grace.email }, hits);
    expect(fields.openRow('customers', stored ?? {}, 'account').reveal()).toEqual(grace);
  });

  it('changes a row by comparing and swapping', async () => {
    const runner = source.createQueryRunner();
    const query = async (sql: string, values: readonly unknown[] = []) =>
      (await runner.query(sql, values, true)).records;
    const stored = await customers.findOneByOrFail({ id: ada.id });
    await fields.updateRow('customers', stored, { email: 'ada@example.net' }, { database: { query } as never });
    await runner.release();
    const now = await customers.findOneByOrFail({ id: ada.id });
    expect(fields.openRow('customers', now, 'account').email?.reveal()).toBe('ada@example.net');
  });

  const builder = () => customers.createQueryBuilder('c');
  it.each([
    ['order', () => customers.find({ order: { email: 'ASC' } })],
    ['a range', () => customers.find({ where: { born: typeorm().LessThan('1990-01-01') } })],
    ['like', () => customers.find({ where: { email: typeorm().Like('%example%') } })],
    ['equality with plaintext', () => customers.find({ where: { email: ada.email } })],
    ['a list of plaintexts', () => customers.find({ where: { email: typeorm().In([ada.email]) } })],
    ['minimum', () => customers.minimum('born')],
    ['plaintext inserted', () => customers.insert([{ ...ada, id: 'c-3' }])],
    ['plaintext saved', () => customers.save({ ...ada, born: '1990-12-12' })],
    ['plaintext updated', () => customers.update({ id: ada.id }, { email: ada.email })],
    ['a builder’s order', () => builder().orderBy('c.email').getMany()],
    ['a builder’s page', () => builder().orderBy('c.email').skip(1).take(1).getMany()],
    ['a builder’s group', () => builder().select('count(*)').groupBy('c.email').getRawMany()],
    ['a builder’s function', () => builder().where('lower(c.email) = :email', { email: 'x' }).getMany()],
    ['a query of one’s own', () => source.query('select id from customers order by born')],
    [
      'a transaction',
      () =>
        source.transaction(async (manager) => await manager.getRepository('Customer').find({ order: { born: 'ASC' } })),
    ],
  ])('is refused before it is sent: %s', async (_what, run) => {
    await expect(run()).rejects.toMatchObject(refused);
  });

  it('lets the rest through', async () => {
    expect(await customers.find({ where: { email: typeorm().IsNull() }, order: { joined: 'ASC' } })).toEqual([]);
    expect(await builder().orderBy('c.joined').skip(1).take(1).getMany()).toMatchObject([{ id: grace.id }]);
  });
});
