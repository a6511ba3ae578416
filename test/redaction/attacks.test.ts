import { describe, expect, it } from 'vitest';
import { createRedactor } from '../../src/redaction/index.js';

const { text, find, serialize } = createRedactor();

describe('an attack on the search of texts', () => {
  it.each([
    ['<password>hunter2</password>', '<password>[password]</password>'],
    ['<wsse:Password Type="x">hunter2</wsse:Password>', '<wsse:Password Type="x">[password]</wsse:Password>'],
    ['<u><email>ada@example.com</email></u>', '<u><email>***@example.com</email></u>'],
    [`<pin>${'1'.repeat(2000)}</pin>`, '<pin>[pin]</pin>'],
    ['login --password hunter2 --verbose', 'login --password [password] --verbose'],
    ['run --api-key k-17', 'run --api-key [secret]'],
    ["'password' => 'hunter2',", "'password' => '[password]',"],
    [':password=>"hunter2"', ':password=>"[password]"'],
    ["password=b'hunter2'", "password=b'[password]'"],
    ['"ada lovelace"@example.com', '***@example.com'],
    ['4111111111111111.0', '[card 1111].0'],
    ['4111.1111.1111.1111', '[card 1111]'],
    ['4111\u00a01111\u20091111\u202f1111', '[card 1111]'],
    ['DE89\u00a03704\u00a00044\u00a00532\u00a00130\u00a000', '[iban]'],
    [`data=${encodeURIComponent('{"password":"hunter2"}')}`, 'data=%7B%22password%22%3A%22[password]%22%7D'],
    [encodeURIComponent(encodeURIComponent('ada@example.com')), '***@example.com'],
    [Buffer.from('{"password":"hunter2"}').toString('base64'), '[password]'],
    ['{Password:hunter2 Email:ada@example.com}', '{Password:[password] Email:***@example.com}'],
  ])('%s', (given, printed) => {
    expect(text(given)).toBe(printed);
    expect(text(printed)).toBe(printed);
  });

  it.each([
    '<label>Password</label> <b>token</b> </password> <password></password>',
    'use --password <file> or --token to sign in; --secret is gone',
    'list.map(token => token.id), secret=>secret.length',
    '4111111111111111.05 1.4111111111111111',
    'release 2026.1122.1000.4711',
    'he said "x" @ noon',
    '{ name: color, value: red }',
    'cut -d, -f1 --key-file a',
  ])('leaves %s', (given) => {
    expect(find(given)).toEqual([]);
  });

  it('in an error whose own fields, stack and causes carry credentials', () => {
    const cause = Object.assign(new Error('x'), {
      config: {
        headers: { Authorization: 'Bearer hunter2abc.d', 'X-Api-Key': 'hunter2' },
        data: '{"password":"hunter2"}',
      },
    });
    const error = new Error('failed', { cause });
    error.stack = 'Error: failed\n    at https://ada:hunter2@cdn.example/a.js?token=hunter2:1:2';
    expect(serialize({ err: error })).not.toContain('hunter2');
  });

  it('by a name in another place: a getter of a pair is read once', () => {
    let reads = 0;
    const pair = {
      get name() {
        reads += 1;
        return 'password';
      },
      get value() {
        reads += 1;
        return 'hunter2';
      },
    };
    expect(serialize([pair])).toBe('[{"name":"password","value":"[password]"}]');
    expect(reads).toBe(2);
  });
});
