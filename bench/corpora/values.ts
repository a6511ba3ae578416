import type { Seeded } from './seeded.js';

const names = ['ada', 'grace.h', 'linus_t', 'o.brien', 'mei-ling', 'j.doe42', 'support+eu', 'zoe'];
const hosts = ['example.com', 'example.org', 'mail.example.net', 'larkspur.example'];
/** Country, length of the account part. */
const ibans = [
  ['DE', 18],
  ['NL', 0],
  ['FR', 23],
  ['ES', 20],
] as const;
/** Prefix, digits in all. */
const cards = [
  ['4', 16],
  ['51', 16],
  ['55', 16],
  ['34', 15],
  ['37', 15],
  ['6011', 16],
  ['3528', 16],
] as const;

/** A value by the name of a hole, with its type where it is personal or secret; without one it is a hard negative. */
export function inventedValue(name: string, random: Seeded): { readonly value: string; readonly type?: string } {
  const { pick, digits, hex, below } = random;
  switch (name) {
    case 'email':
      return { value: `${pick(names)}@${pick(hosts)}`, type: 'email' };
    case 'phone': {
      const local = `555-01${digits(2)}`;
      const area = pick(['212', '415', '617']);
      return {
        value: pick([
          `(${area}) ${local}`,
          `${area}-${local}`,
          `+1 ${area} ${local.replace('-', ' ')}`,
          `+1${area}${local.replace('-', '')}`,
        ]),
        type: 'phone',
      };
    }
    case 'card': {
      const [prefix, length] = pick(cards);
      const card = withLuhn(prefix + digits(length - prefix.length - 1));
      const grouped = length === 16 ? card.replace(/(.{4})(?=.)/g, '$1 ') : card;
      return { value: pick([card, grouped, grouped.replaceAll(' ', '-')]), type: 'card' };
    }
    case 'ssn':
      return {
        value:
          `${1 + below(665) + 100 > 665 ? '512' : String(101 + below(560))}-${10 + below(89)}-${1000 + below(8999)}`.replace(
            /^666/,
            '512',
          ),
        type: 'ssn',
      };
    case 'iban': {
      const [country, length] = pick(ibans);
      const account = length === 0 ? `ABNA${digits(10)}` : digits(length);
      const iban = withMod97(country, account);
      return { value: pick([iban, iban.replace(/(.{4})(?=.)/g, '$1 ')]), type: 'iban' };
    }
    case 'ip':
      return {
        value: pick([
          `203.0.113.${1 + below(254)}`,
          `198.51.100.${1 + below(254)}`,
          `2001:db8:${hex(3)}1:${1 + below(9)}::${1 + below(9)}f`,
        ]),
        type: 'ip',
      };
    case 'secret':
      return { value: pick([`${hex(8)}-${hex(12)}X`, `Tr${hex(6)}z9!`, `hunter${digits(4)}`]), type: 'secret' };
    case 'uuid':
      return { value: `${hex(8)}-${hex(4)}-4${hex(3)}-a${hex(3)}-${hex(12)}` };
    case 'time':
      return {
        value: `2026-0${1 + below(9)}-1${below(10)}T1${below(10)}:${10 + below(49)}:${10 + below(49)}.${digits(3)}Z`,
      };
    case 'epoch':
      return { value: `17${digits(11)}` };
    case 'hash':
      return { value: hex(40) };
    case 'version':
      return { value: `${1 + below(30)}.${below(20)}.${below(100)}` };
    case 'price':
      return { value: `${1 + below(900)}.${digits(2)}` };
    case 'id':
      return {
        value: pick([`ORD-${digits(9)}`, `1Z${hex(6).toUpperCase()}${digits(10)}`, digits(9), `req_${hex(16)}`]),
      };
    case 'notcard':
      return { value: brokenLuhn(`4${digits(14)}`) };
    case 'package':
      return { value: pick(['logo@2x.png', 'left-pad@1.3.0', 'git@host:shop/app.git', `app@sha256:${hex(64)}`]) };
    case 'number':
      return { value: String(below(100_000)) };
    default:
      throw new Error(`no value is called ${name}`);
  }
}

function luhnSum(digits: string): number {
  return [...digits].reverse().reduce((sum, char, at) => {
    const digit = Number(char) * (at % 2 === 1 ? 2 : 1);
    return sum + (digit > 9 ? digit - 9 : digit);
  }, 0);
}

function withLuhn(start: string): string {
  return start + String((10 - (luhnSum(`${start}0`) % 10)) % 10);
}

function brokenLuhn(start: string): string {
  const last = Number(withLuhn(start).slice(-1));
  return start + String((last + 1) % 10);
}

function withMod97(country: string, account: string): string {
  const asDigits = [...`${account}${country}00`]
    .map((char) => (/\d/.test(char) ? char : String(char.charCodeAt(0) - 55)))
    .join('');
  const check = 98n - (BigInt(asDigits) % 97n);
  return `${country}${String(check).padStart(2, '0')}${account}`;
}
