import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createPasswords, type WeaknessContext } from '../../src/passwords/index.js';

const passwords = createPasswords({ rules: { words: ['Larkspur Lane', 'lamp shop'] } });
const codes = async (password: string, context?: WeaknessContext) =>
  (await passwords.weaknesses(password, context)).map(({ code }) => code);

describe('weaknesses', () => {
  it.each([
    'salt marsh at low tide',
    'Vier Kähne liegen quer',
    'gULp-43-rivet-Onyx',
    'mJ4#xq9Lw2&pTz7',
    '夏の夜に蛍が三匹とんでいた池のほとり',
    'grandmother sold her yellow tractor in 1987',
    'ada likes tall ships and rain',
    'no digits or capitals needed here',
  ])('finds nothing against %j', async (password) => {
    expect(await codes(password, { email: 'ada@example.com' })).toEqual([]);
  });

  it('asks for 15 characters, and for 8 beside a second factor', async () => {
    expect(await codes('mJ4#xq9Lw2&pTz')).toEqual(['too_short']);
    expect(await codes('mJ4#xq9Lw2&pTz7')).toEqual([]);
    expect(await codes('mJ4#xq9', { secondFactor: true })).toEqual(['too_short']);
    expect(await codes('mJ4#xq9L', { secondFactor: true })).toEqual([]);
    expect(await codes('')).toEqual(['too_short']);
  });

  it('counts characters as a person does: composed, and an emoji for one', async () => {
    expect(await codes('qe\u0301we\u0301re\u0301te\u0301ze\u0301ue\u0301ie\u0301')).toEqual(['too_short']);
    expect(await codes('🔑🌊🪨🌿🐌🍋🚪', { secondFactor: true })).toEqual(['too_short']);
    expect(await codes('🔑🌊🪨🌿🐌🍋🚪🪁', { secondFactor: true })).toEqual([]);
  });

  it('says what is too long instead of cutting it', async () => {
    expect(await codes('x4'.repeat(129))).toEqual(['too_long']);
    expect(await codes('x'.repeat(1_000_000))).toEqual(['too_long']);
  });

  it('refuses what cannot be stored as text', async () => {
    expect(await codes('salt marsh at \ud800 low tide')).toEqual(['unreadable']);
    const list: unknown = ['salt marsh at low tide'];
    expect(await codes(list as string)).toEqual(['unreadable']);
  });

  it.each([
    ['repeat', 'aaaaaaaaaaaaaaaaaaaa'],
    ['repeat', 'xkqxkqxkqxkqxkqxkq'],
    ['repeat', 'vogelvogelvogelvogel'],
    ['sequence', '123456789012345'],
    ['sequence', '1234567891011121314'],
    ['sequence', 'abcdefghijklmnop'],
    ['sequence', 'zyxwvutsrqponmlkj'],
    ['sequence', 'qwertyuiopasdfgh'],
    ['sequence', 'poiuytrewqlkjhgf'],
    ['sequence', '1qaz2wsx3edc4rfv'],
    ['sequence', 'QWERTZUIOP!"§123456'],
    ['sequence', '1990199119921993'],
    ['common', 'passwordpassword'],
    ['common', 'P@ssw0rdP@ssw0rd!'],
    ['common', 'MyPassword123456'],
    ['common', 'I love you forever'],
    ['common', 'correct horse battery staple'],
    ['common', 'Correct-Horse-Battery-Staple!'],
    ['common', 'the quick brown fox jumps over the lazy dog'],
    ['common', 'ThisIsMyPassword1'],
    ['common', 'we1c0me we1c0me 2024'],
    ['common', 'administrator2024'],
    ['context', 'LarkspurLane2024!'],
    ['context', 'larkspur-larkspur-9'],
    ['context', 'L4rkspur L4ne 123'],
    ['context', 'augustalovelace1815'],
    ['context', 'Lamp Shop Lamp Shop'],
  ])('calls %s what a guesser tries first: %j', async (code, password) => {
    expect(await codes(password, { email: 'augusta.lovelace@example.com', words: ['Harrow Net'] })).toEqual([code]);
  });

  it('takes the words of the person from the address and from the context', async () => {
    expect(await codes('Harrow Net 2025!!')).toEqual([]);
    expect(await codes('Harrow Net 2025!!', { words: ['Harrow Net'] })).toEqual(['context']);
    expect(await codes('zephyrine17zephyrine', { email: 'zephyrine@example.com' })).toEqual(['context']);
    expect(await codes('zephyrine17zephyrine', { email: 'zephyrine' })).toEqual(['context']);
  });

  it('holds a short password beside a second factor to half the count', async () => {
    expect(await codes('password1', { secondFactor: true })).toEqual(['common']);
    expect(await codes('Summer2024', { secondFactor: true })).toEqual(['common']);
    expect(await codes('12345678', { secondFactor: true })).toEqual(['sequence']);
    expect(await codes('larkspur!', { secondFactor: true })).toEqual(['context']);
  });

  it('never demands capitals, digits or signs, and never forbids a character', async () => {
    const letter = fc.constantFrom(...'abcdefghijklmnopqrstuvwxyz');
    const random = fc.array(letter, { minLength: 24, maxLength: 40 }).map((letters) => letters.join(''));
    await fc.assert(
      fc.asyncProperty(random, fc.constantFrom(' ', '\u0000', '"', 'ß', '漢', '\n'), async (text, sign) => {
        fc.pre(new Set(text).size > 12);
        expect(await codes(`${text}${sign}`)).toEqual([]);
      }),
    );
  });

  it('explains itself in a sentence that holds nothing of the password or the person', async () => {
    const found = [
      ...(await passwords.weaknesses('zephyrine17')),
      ...(await passwords.weaknesses('zephyrine17zephyrine', { email: 'zephyrine@example.com' })),
      ...(await passwords.weaknesses('x'.repeat(300))),
      ...(await passwords.weaknesses('\ud800')),
      ...(await passwords.weaknesses('vogelvogelvogelvogel')),
      ...(await passwords.weaknesses('123456789012345')),
      ...(await passwords.weaknesses('passwordpassword')),
    ];
    expect(found.map(({ code }) => code)).toEqual([
      'too_short',
      'context',
      'too_long',
      'unreadable',
      'repeat',
      'sequence',
      'common',
    ]);
    for (const { message } of found) {
      expect(message).toMatch(/^This .+\.$/);
      expect(message).not.toMatch(/zephyrine|vogel|example|xxx|12345/);
    }
  });

  it('bounds its work, whatever was typed: the longest inputs of every kind end', async () => {
    const hard = ['a'.repeat(256), 'ab'.repeat(128), '\ufdfa'.repeat(256), `${'a'.repeat(255)}b`, '1'.repeat(256)];
    for (const password of hard) expect((await codes(password)).length).toBeLessThanOrEqual(1);
  });

  it('refuses rules that do not fit', () => {
    const word: unknown = { words: 'Larkspur Lane' };
    expect(() => createPasswords({ rules: word as { words: string[] } })).toThrow(
      expect.objectContaining({ code: 'ERR_OPTION_INVALID' }),
    );
  });
});
