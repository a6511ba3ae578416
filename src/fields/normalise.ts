import { domainToASCII } from 'node:url';
import type { Normaliser } from '../policy/rules.js';

/**
 * How a value is folded before it is indexed, by name and version. Frozen: a change makes every look-up miss, so a
 * better rule is a new version beside the old one. docs/formats.md says each in words.
 */
export const normalisers: Readonly<Record<Normaliser, (value: string) => string>> = Object.freeze({
  'exact/1': (value: string) => value,
  'email/1': email,
  'phone/1': phone,
  'digits/1': (value: string) => value.normalize('NFKC').replace(/[^0-9]/g, ''),
  'alnum/1': (value: string) =>
    value
      .normalize('NFKC')
      .toUpperCase()
      .replace(/[^\p{L}\p{N}]/gu, ''),
  'text/1': (value: string) => value.normalize('NFKC').toLowerCase().trim().replace(/\s+/gu, ' ').normalize('NFKC'),
});

/**
 * Nearly every address: what the rest of `email` would leave as it is, in lower case. No label of its domain has two
 * hyphens in a row (`xn--`), and the last one is letters: a host that ends in a number may be read as an IP address.
 */
const plainEmail = /^[a-z0-9.!#$%&'*+/=?^_`{|}~-]+@(?:[a-z0-9]+(?:-[a-z0-9]+)*\.)+[a-z]+$/i;

/** The part before the last @ is folded too: no provider in use tells addresses apart by case, and people do not. */
function email(value: string): string {
  if (plainEmail.test(value)) return value.toLowerCase();
  const folded = value.trim().normalize('NFC').toLowerCase().normalize('NFC');
  const at = folded.lastIndexOf('@');
  if (at < 0) return folded;
  const domain = folded.slice(at + 1);
  // domainToASCII reads a URL's host: it cuts at / ? and #, decodes %61 and drops soft hyphens, so that an address of a
  // stranger's domain would look up somebody else's. What is not shaped like a host is kept as it is.
  const ascii = /^[\p{L}\p{M}\p{N}.-]+$/u.test(domain) ? domainToASCII(domain) : '';
  return `${folded.slice(0, at + 1)}${ascii || domain}`;
}

function phone(value: string): string {
  const folded = value.normalize('NFKC').trim();
  const digits = folded.replace(/[^0-9]/g, '');
  if (folded.startsWith('+')) return `+${digits}`;
  return digits.startsWith('00') ? `+${digits.slice(2)}` : digits;
}
