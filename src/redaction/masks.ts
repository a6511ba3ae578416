import { luhnHolds } from './checksums.js';

/**
 * What may stay of a value. Each returns undefined when the text is not what its name says: then nothing stays.
 * PCI DSS 4.0.1 3.4.1 would allow more of a card number; the last four are what support asks for.
 */
export type MaskName = 'email' | 'phone' | 'card' | 'ip';

export function maskOf(name: MaskName, text: string): string | undefined {
  switch (name) {
    case 'email':
      return maskEmail(text);
    case 'phone':
      return maskPhone(text);
    case 'card':
      return maskCard(text);
    case 'ip':
      return maskAddress(text);
  }
}

/** `***@example.com` */
export function maskEmail(text: string): string | undefined {
  const at = text.lastIndexOf('@');
  const domain = text.slice(at + 1);
  if (at < 1 || domain.length > 253 || !/^[\p{L}\p{N}.-]+$/u.test(domain)) return undefined;
  return `***@${domain}`;
}

/** `[phone 67]`: seven digits are the least that two may be shown of. */
export function maskPhone(text: string): string | undefined {
  if (text.length > 40 || /[A-Za-wyz]/.test(text)) return undefined;
  const digits = text.replace(/\D/g, '');
  return digits.length >= 7 && digits.length <= 20 ? `[phone ${digits.slice(-2)}]` : undefined;
}

/** `[card 1111]` */
export function maskCard(text: string): string | undefined {
  if (text.length > 40 || !/^[\d -]+$/.test(text)) return undefined;
  const digits = text.replace(/\D/g, '');
  return digits.length >= 12 && digits.length <= 19 && luhnHolds(digits) ? `[card ${digits.slice(-4)}]` : undefined;
}

/** The network instead of the host: /24 of IPv4, /48 of IPv6. */
export function maskAddress(text: string): string | undefined {
  if (text.length > 45) return undefined;
  const v4 = /^(?:::ffff:)?(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.\d{1,3}$/i.exec(text);
  if (v4 !== null) return `${v4[1]}.${v4[2]}.${v4[3]}.0/24`;
  if (!text.includes(':') || !/^[0-9a-f:.]+$/i.test(text)) return undefined;
  // What stands before a double colon; the zeros that it stands for need not be written.
  const [head = ''] = text.toLowerCase().split('::');
  const network = head.split(':').slice(0, 3);
  while (network.at(-1) === '0') network.pop();
  return `${network.join(':')}::/48`;
}
