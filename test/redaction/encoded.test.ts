import { describe, expect, it } from 'vitest';
import { createRedactor } from '../../src/redaction/index.js';

const { text, find } = createRedactor();
const base64 = (given: string): string => Buffer.from(given).toString('base64');

describe('finds in another form', () => {
  it.each([
    ['ada%2540example.com', '***@example.com'],
    ['q=card%204111%201111%201111%201111&x=1', 'q=card%20[card 1111]&x=1'],
    ['{"m":"ada\\u0040example.com"}', '{"m":"***@example.com"}'],
    ['ada&#64;example.com', '***@example.com'],
    ['ada&#x40;example&period;com', '***@example.com'],
    ['ada&commat;example.com', '***@example.com'],
    ['ssn 123\\x2d45\\x2d6789', 'ssn [ssn]'],
    ['card ４１１１１１１１１１１１１１１１ no', 'card [card 1111] no'],
    ['41\u200b11 1111 1111 11\u200b11', '[card 1111]'],
    ['\ue0f14111111111111111', '\ue0f1[card 1111]'],
    ['4111\u200e1111\u202c1111\u20621111', '[card 1111]'],
    ['4\u03361\u03361\u03361 1111 1111 1111', '[card 1111]'],
    ['41\u{e0031}11111111111\u{e0100}111', '[card 1111]'],
    ['ssn 123-45\u{f0001}-6789', 'ssn [ssn]'],
    ['ada\u3164@exam\u180eple.com', '***@exam\u180eple.com'],
    ['аdа@ехаmple.com', '***@ехаmple.com'],
    ['tоken=abc123', 'tоken=[token]'],
    ['٤١١١١١١١١١١١١١١١', '[card 1111]'],
    ['123‑45‑6789', '[ssn]'],
    ['next=%2Fcb%3Ftoken%3Dabc123', 'next=%2Fcb%3Ftoken%3D[token]'],
  ])('%j', (given, printed) => {
    expect(text(given)).toBe(printed);
  });
  it('as base64, with and without padding, in a path too', () => {
    expect(text(`sent ${base64('mail to ada@example.com now')} on`)).toBe('sent [email] on');
    expect(text(`/u/${base64('ada@example.com')}/x`)).toBe('/u/[email]/x');
    expect(text(base64('{"password":"hunter2","user":7}'))).toBe('[password]');
  });
  it('gives the places in the text as it was given', () => {
    const given = 'é %41 ada%2540example.com!';
    expect(find(given).map(({ start, end }) => given.slice(start, end))).toEqual(['ada%2540example.com']);
  });
  it('only when encoded forms are wanted', () => {
    const plain = createRedactor({ detectors: ['email'] });
    expect(plain.text('ada&#64;example.com')).toBe('ada&#64;example.com');
  });
});

describe('leaves whole what is encoded and nobody’s', () => {
  it.each([
    'GET /a%20b?q=caf%C3%A9%20au%20lait',
    '{"m":"caf\\u00e9 \\u2028"}',
    'a &lt;b&gt; &amp; &#169;',
    base64('nothing to see here, move on please'),
    base64('x'.repeat(5000)),
    base64('\u0000\u0001 ada@example.com'),
    'Привет мир, 日本語 ｆｕｌｌ',
    '9fceb02d0ae598e95dc970b74767f19372d61af8 4bf92f3577b34da6a3ce929d0e0e4736',
    'sha384-oqVuAfXRKap7fdgcCY5uykM6R9GqQ8K8uxy9rx7HNQlGYl1kPzQho1wx4JwY8wC',
    '/usr/local/lib/node_modules/some2thing/dist/index4file.js',
  ])('%j', (given) => {
    expect(find(given)).toEqual([]);
  });
});
