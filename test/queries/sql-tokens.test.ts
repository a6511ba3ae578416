import { describe, expect, it } from 'vitest';
import { sqlTokens } from '../../src/queries/sql-tokens.js';

const texts = (sql: string) => sqlTokens(sql)?.map(({ kind, text }) => `${kind} ${text}`);

describe('sqlTokens', () => {
  it('tells names, strings, parameters and signs apart', () => {
    expect(texts(`SELECT "A""b".c, 'it''s' , $12::text[] <> 1.5e3`)).toEqual([
      ...['word select', 'name A"b', 'mark .', 'word c', 'mark ,', "text it''s", 'mark ,', 'parameter 12', 'mark ::'],
      ...['word text', 'mark [', 'mark ]', 'operator <>', 'number 1.5e3'],
    ]);
  });

  it.each([
    ["E'a\\'b' x", ["text a\\'b", 'word x']],
    ["'a\\' x", ['text a\\', 'word x']],
    ["U&'d' x", ['text d', 'word x']],
    ['U&"d" x', ['name d', 'word x']],
    ['$$it is $1$$ x', ['text it is $1', 'word x']],
    ['$a$ $$ $b$ $a$ x', ['text  $$ $b$ ', 'word x']],
    ['a$1 $1', ['word a$1', 'parameter 1']],
    ['a /* b /* c */ d */ e', ['word a', 'word e']],
    ['a -- b\nc', ['word a', 'word c']],
    ['a>--b\n1', ['word a', 'operator >', 'number 1']],
    ['a</* b */1', ['word a', 'operator <', 'number 1']],
    ['é ümlaut', ['word é', 'word ümlaut']],
  ])('reads %j', (sql, tokens) => {
    expect(texts(sql)).toEqual(tokens);
  });

  it.each(["'a", '"a', '/* a', '/* /* */', '$$a', '$a$ $$', '\\d customers', "E'\\'"])('gives up on %j', (sql) => {
    expect(sqlTokens(sql)).toBeNull();
  });
});
