import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { isSafekeepError } from '../../src/base/errors.js';
import { createFields } from '../../src/fields/index.js';
import { createQueryCheck } from '../../src/queries/index.js';
import { ada, policy, ring } from '../fields/shop.js';

const check = createQueryCheck(policy);
const fields = createFields({ application: 'shop', keys: ring(), policy });
const stored = fields.sealRow('customers', ada);
const sealed = stored['email'];

/** The use that a statement is refused for, or undefined. */
function useOf(sql: string, values?: readonly unknown[]): string | undefined {
  try {
    check(sql, values);
    return undefined;
  } catch (error) {
    if (!isSafekeepError(error, 'ERR_SEALED_QUERY')) throw error;
    return String(error.facts['use']);
  }
}

describe('a query that only the plaintext could answer', () => {
  it.each([
    ['select id from customers order by email', 'order-by'],
    ['SELECT id FROM Customers ORDER BY Email DESC NULLS LAST', 'order-by'],
    ['select c.id from customers c order by c.created_at, c.email', 'order-by'],
    ['select "c"."id" from "customers" as "c" order by "c"."email" asc limit $1', 'order-by'],
    ['select id from public.customers order by public.customers.email', 'order-by'],
    ['select id from customers order by (email)', 'order-by'],
    ['select email as e from customers order by e', 'order-by'],
    ['select "Customer"."email" AS "Customer_email" from "customers" "Customer" order by "Customer_email"', 'order-by'],
    ['select s.email from (select email from customers) s order by s.email', 'order-by'],
    ['with s as (select email from customers) select * from s order by email', 'order-by'],
    ['with s as (select email as e from customers) select * from s order by s.e', 'order-by'],
    ['select row_number() over (order by email) from customers', 'order-by'],
    ['select id from customers where id in (select id from customers order by email limit 1)', 'order-by'],
    ['select row_number() over (partition by email) from customers', 'group-by'],
    ['select count(*) from customers group by email', 'group-by'],
    ['select count(*) from customers group by created_at, email having count(*) > 1', 'group-by'],
    ['select distinct email from customers', 'distinct'],
    ['select distinct id, email from customers', 'distinct'],
    ['select distinct on (email) id from customers', 'distinct'],
    ['select count(distinct email) from customers', 'distinct'],
    ['select id from customers where born > $1', 'comparison'],
    ["select id from customers where born >= '1990-01-01'", 'comparison'],
    ['select id from customers where $1 < born', 'comparison'],
    ['select id from customers where born between $1 and $2', 'comparison'],
    ['select id from customers where born not between $1 and $2', 'comparison'],
    ['select id from customers where now() between born and $2', 'comparison'],
    ['select id from customers where (born) < $1', 'comparison'],
    ['select id from customers where born::date < $1', 'comparison'],
    ["select id from customers where email like '%example%'", 'pattern'],
    ['select id from customers where email not ilike $1', 'pattern'],
    ['select id from customers where email similar to $1', 'pattern'],
    ['select id from customers where $1 like email', 'pattern'],
    ["select id from customers where email ~* 'ada'", 'pattern'],
    ['select id from customers where email !~~ $1', 'pattern'],
    ['select min(born) from customers', 'function'],
    ['select max(c.points) from customers c', 'function'],
    ['select id from customers where lower(email) = $1', 'function'],
    ['select id from customers where left(email, 3) = $1', 'function'],
    ["select id from customers where coalesce(email, 'none') = $1", 'function'],
    ["select lower(coalesce(email, 'none')) from customers", 'function'],
    ["select coalesce(lower(email), 'none') from customers", 'function'],
    ['select json_agg(upper((email))) from customers', 'function'],
    ['select sum((points)) from customers', 'function'],
    ['select array_agg(id order by email) from customers', 'order-by'],
    ['select array_agg(distinct email) from customers', 'distinct'],
    ["select json_build_object('a', email || 'x') from customers", 'operator'],
    ["select to_json(email = 'x') from customers", 'equality'],
    ['select id, email from customers order by 1, 2 desc', 'order-by'],
    ['select email, count(*) from customers group by 1', 'group-by'],
    ['select (email) from customers order by 1', 'order-by'],
    ['select id from customers where (created_at, email) > ($1, $2) order by created_at', 'comparison'],
    ['select id from products where name > (select email from customers limit 1)', 'comparison'],
    ['select id from products where (select max(email) from customers) > $1', 'function'],
    ['select id from products where name in (select email from customers)', 'equality'],
    ['select id from products where name <> all (select c.email from customers c)', 'equality'],
    ['create view sorted as select id from customers order by email', 'order-by'],
    ['declare sorted cursor for select id from customers order by email', 'order-by'],
    ['copy (select lower(email) from customers) to stdout', 'function'],
    ['select profile[1] from customers', 'operator'],
    ['select id from customers where created_at is distinct from $1 and born < $2', 'comparison'],
    ['select extract(year from born) from customers', 'function'],
    ['select created_at::timestamp with time zone, lower(email) from customers', 'function'],
    ['select c.id from customers c order by c.email for update of c', 'order-by'],
    ['select c.id from customers c where c.email > $1 and exists (select 1 from products c)', 'comparison'],
    ['select c.id from customers c where c.email > $1 and exists (select 1 from lines c)', 'comparison'],
    ['select c.id from products p, customers c order by c.email', 'order-by'],
    ['select c.id from products p, public.customers c order by email', 'order-by'],
    ['select id from customers where (email, created_at) > ($1, $2)', 'comparison'],
    ['select id from customers where ($1, $2) <= (email, id)', 'comparison'],
    ["select email || '!' from customers", 'operator'],
    ['select points + 1 from customers', 'operator'],
    ['select 1 - points from customers', 'operator'],
    ["select profile->>'likes' from customers", 'operator'],
    ['select email collate "C" from customers', 'operator'],
    ["select id from customers where email = 'ada@example.com'", 'equality'],
    ["select id from customers where email in ('ada@example.com')", 'equality'],
    ['select id from customers where email = lower($1)', 'equality'],
    ['select a.id from customers a join customers b on a.email = b.email', 'equality'],
    ['select id from customers a join customers b using (email)', 'equality'],
    ["select case email when 'x' then 1 end from customers", 'equality'],
    ['select id from customers where email in (select note from lines)', 'equality'],
    ['insert into customers (id, email) values ($1, $2) on conflict (email) do nothing', 'equality'],
    ['insert into archive (id, email) select id, email from customers', 'copy'],
    ['update customers set email = phone', 'copy'],
    ['update customers set email = o.email from customers o where o.id = $1', 'copy'],
    ['update customers set email = n.phone from unnest($1::text[]) as n(phone) where id = $2', 'copy'],
    ['update customers set email = customers.phone where id = $1', 'copy'],
    ["insert into customers (id, email) values ('c-1', 'ada@example.com')", 'plaintext'],
    ["update customers set email = 'ada@example.com' where id = $1", 'plaintext'],
    ['delete from customers where born < $1', 'comparison'],
    ['update customers set created_at = $1 where born < $2 returning id', 'comparison'],
    ['explain select id from customers order by email', 'order-by'],
    ['/* a report */ select id from customers -- all\n order by /* last */ email', 'order-by'],
    ["select 'it''s', E'a\\'b', $$it's$$ from customers order by email", 'order-by'],
  ])('is refused: %s', (sql, use) => {
    expect(useOf(sql)).toBe(use);
  });

  it.each([
    ['select id from customers order by email_index', 'order-by'],
    ['select id from customers where email_index > $1', 'comparison'],
    ['select id from customers where email_index like $1', 'pattern'],
    ['select min(phone_index) from customers', 'function'],
  ])('is refused of a blind index too: %s', (sql, use) => {
    expect(useOf(sql)).toBe(use);
  });

  it('is told by its parameters where the text cannot tell', () => {
    const plain = 'ada@example.com';
    for (const [sql, use] of [
      ['select id from customers where email = $1', 'equality'],
      ['select id from customers where $1::text = email', 'equality'],
      ['select id from customers where email::text = $1', 'equality'],
      ['select id from customers where email is distinct from $1', 'equality'],
      ['select id from customers where email is not distinct from $1', 'equality'],
      ['select id from customers where email <> all($1::text[])', 'equality'],
      ['select id from customers where email in ($2, $1)', 'equality'],
      ['update customers set email = $1 where id = $2', 'plaintext'],
      ['insert into customers (id, email) values ($2, $1)', 'plaintext'],
      ['insert into customers (email, id) values ($2, $3), ($1::text, $3)', 'plaintext'],
      ['insert into customers as c (email, id) values ($1, $2)', 'plaintext'],
    ] as const) {
      expect([sql, useOf(sql, [plain, sealed, 'c-1'])]).toEqual([sql, use]);
      expect([sql, useOf(sql, [sealed, sealed, 'c-1'])]).toEqual([sql, undefined]);
      expect([sql, useOf(sql, [null, null, 'c-1'])]).toEqual([sql, undefined]);
      expect([sql, useOf(sql, [[sealed, plain], null, 'c-1'])]).toEqual([sql, use]);
    }
  });

  it('is refused with the column, the reason and the way out, and nothing of a value', () => {
    let thrown: unknown;
    try {
      check('select id from customers where email = $1', ['ada@example.com']);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toMatchObject({
      code: 'ERR_SEALED_QUERY',
      facts: {
        place: 'customers.email',
        use: 'equality',
        why: 'equal values are sealed to different ones, so nothing is found',
        instead: 'look up equal values by email_index with fields.findRows; sort and filter after opening',
      },
    });
    expect(inspect(thrown)).not.toContain('ada@');
  });
});

describe('a query that asks nothing of a plaintext', () => {
  it.each([
    'select * from customers',
    'select id, email, phone from customers where id = $1',
    'select id, email as mail from customers order by id',
    'select c.email from customers c where c.email_index = any($1) order by c.created_at',
    'select id from customers where email is null and phone is not null',
    'select count(email), count(*) from customers',
    'select count(email) > 1 from customers group by id having count(email) > 5',
    "select json_build_object('email', email, 'phone', c.phone), coalesce(email, 'none') from customers c",
    'select array_agg(email order by id) from customers',
    'select id, email, created_at from customers order by 1, 3',
    'select lower(id), email from customers order by 1',
    'select id from customers where (id, email) = ($1, $2)',
    'select id from customers where (id, created_at) > ($1, $2) and (email is null)',
    'select count(*) filter (where email is null) from customers',
    'select id from customers where email_index in ($1, $2)',
    'select email_index, count(*) from customers group by email_index having count(*) > 1',
    'select distinct email_index from customers',
    "select case when email is null then 'none' else 'some' end from customers",
    'insert into customers (id, email, email_index) values ($1, $2, $3) returning id, email',
    "insert into customers (id, email, created_at) values ('c-1', default, now())",
    'insert into customers (id, email) values ($1, $2) on conflict (id) do update set email = excluded.email',
    'insert into customers (id, email_index) values ($1, $2) on conflict (email_index) do nothing',
    'update customers set email = $1, email_index = $2 where id = $3 and email = $4 returning *',
    'update customers set email = n.email from unnest($1::text[], $2::text[]) as n(id, email) where customers.id = n.id',
    'update "customers" set "email" = n."email" from (select unnest($1::text[]) as id, unnest($2::text[]) as email) n where "customers"."id" = n.id',
    'delete from customers where id = $1',
    'select name from products order by name',
    'select p.email from products p order by p.email',
    "select 'order by email' from customers",
    'select id from customers -- order by email',
    'select id from customers where created_at < now() order by created_at',
    'select extract(year from created_at) from customers',
    'with c (id, email) as (select id, email from customers) select id, email from c',
    'select l.note, c.email from customers c join lines l on l.order = c.id where c.id = $1 for update of c',
    'select id from products where 5 < (select count(*) from customers where email is null)',
    'select id from products where id in (select id from customers where email is not null)',
    'select id from products where exists (select email from customers)',
    `select "c"."id", "o"."data" from "customers" "c" left join lateral (select coalesce(json_agg(json_build_array("o"."order", "o"."note")), '[]'::json) as "data" from "lines" "o" where "o"."order" = "c"."id") "o" on true`,
    'select distinct on (id) id, email from customers order by id',
    'select p.email from products p join customers c on c.id = p.id order by p.email',
    'select id, email from customers where id = $1 for no key update',
    "alter table only customers add check (email like 'sf1.%')",
    'create table customers (id text primary key, email text, email_index text unique)',
    'create index on customers (lower(email))',
    'select id as email from customers order by 1',
    'select id as email, created_at from customers order by created_at',
    'begin',
    'set local statement_timeout = 1000',
    '',
    "select 'not ended",
  ])('passes: %s', (sql) => {
    expect(useOf(sql)).toBeUndefined();
    expect(useOf(sql, [null, null, null, null])).toBeUndefined();
  });

  it('takes the statements of fields themselves', async () => {
    const asked: string[] = [];
    const database = {
      query: (sql: string, values: readonly unknown[] = []) => {
        asked.push(sql);
        check(sql, values);
        return Promise.resolve([stored]);
      },
    } as never;
    await fields.findRows('customers', { email: ada.email }, { database });
    await fields.updateRow('customers', stored, { email: 'ada@example.net', phone: null }, { database });
    expect(asked.length).toBeGreaterThan(1);
  });
});

describe('the reading of a query', () => {
  it('takes time in proportion to the text', () => {
    const fastest = (sql: string) =>
      Math.min(
        ...Array.from({ length: 5 }, () => {
          const began = process.hrtime.bigint();
          useOf(sql);
          return Number(process.hrtime.bigint() - began);
        }),
      );
    for (const part of ["'", '"', '$', '/*', '(', "E'\\", '--', '::', '<>', 'a,', '$a$']) {
      const [short, long] = [1, 2].map((size) => fastest(`select ${part.repeat(size * 20_000)} from customers`)) as [
        number,
        number,
      ];
      expect([part, long < short * 12 + 2_000_000]).toEqual([part, true]);
    }
  });

  it('is for the seal of whole rows too', async () => {
    const { definePolicy } = await import('../../src/policy/index.js');
    const rows = createQueryCheck(
      definePolicy({
        application: 'shop',
        purposes: { orders: 'contract' },
        tables: {
          billing: { row: 'id', seal: 'row', version: 1, columns: { holder: { is: 'name', for: ['orders'] } } },
        },
      }),
    );
    expect(() => rows('select id from billing order by sealed')).toThrow(
      expect.objectContaining({ code: 'ERR_SEALED_QUERY' }),
    );
    expect(() => rows('select sealed from billing order by id')).not.toThrow();
  });
});
