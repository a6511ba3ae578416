/** What a typed value of a kind must look like before it is stored: enough to catch slips, no more. */
export interface IntakeFormat {
  readonly maxLength: number;
  /** False only for passwords, which are taken as they are typed (ASVS 5.0 6.2.8). */
  readonly trim: boolean;
  accepts(value: string): boolean;
  /** What the person can do about a value that is not accepted. */
  readonly advice: string;
  /** The stored spelling. */
  clean(value: string): string;
}

const printable = /^[^\p{Cc}\p{Cs}]+$/u;
const lines = /^(?:[^\p{Cc}\p{Cs}]|[\n\r\t])+$/u;
const asTyped = (value: string): string => value;
const text: IntakeFormat = {
  maxLength: 500,
  trim: true,
  accepts: (value) => lines.test(value),
  advice: 'Please use ordinary letters, digits and signs.',
  clean: (value) => value.replace(/\r\n?/g, '\n'),
};

const formats: Readonly<Record<string, IntakeFormat>> = {
  name: {
    ...text,
    maxLength: 200,
    accepts: (value) => printable.test(value),
    advice: 'Please give your name.',
    clean: asTyped,
  },
  postal_address: {
    ...text,
    accepts: (value) => value.length >= 8 && lines.test(value),
    advice: 'Please give street, place and postcode.',
  },
  email: {
    ...text,
    maxLength: 254,
    // One @, something on both sides, no spaces: whether it is theirs is shown by the mail we send. The domain is
    // letters, digits and hyphens only: an index folds `shop.example#x.example` to `shop.example`, where a mail server need not.
    accepts: (value) =>
      /^[^\s@<>,;:"()[\]\\]{1,64}@[\p{L}\p{M}\p{N}-]+(?:\.[\p{L}\p{M}\p{N}-]+)+$/u.test(value) && printable.test(value),
    advice: 'Please give an e-mail address like name@example.com.',
    clean: asTyped,
  },
  phone: {
    ...text,
    maxLength: 40,
    accepts: (value) => /^\+?[0-9 ()./-]+$/.test(value) && /^\d{7,15}$/.test(value.replace(/\D/g, '')),
    advice: 'Please give a phone number of 7 to 15 digits, such as +1 202 555 0142.',
    clean: asTyped,
  },
  card_number: {
    ...text,
    maxLength: 30,
    accepts: (value) => /^[0-9 -]+$/.test(value) && luhn(value.replace(/\D/g, '')),
    advice: 'This card number has a slip in it. Please check its digits.',
    clean: (value) => value.replace(/\D/g, ''),
  },
  card_expiry: {
    ...text,
    maxLength: 9,
    accepts: (value) => /^(0[1-9]|1[0-2]) ?\/ ?(20)?\d\d$/.test(value),
    advice: 'Please give the month and year on the card, such as 04/29.',
    clean: (value) => value.replace(/ /g, '').replace('/20', '/'),
  },
  password_hash: {
    maxLength: 1024,
    trim: false,
    // Length and strength are judged by `passwords`, which can say why.
    accepts: () => true,
    advice: '',
    clean: asTyped,
  },
  message: { ...text, maxLength: 10_000 },
};

export function formatOf(kind: string): IntakeFormat {
  return (Object.hasOwn(formats, kind) ? formats[kind] : undefined) ?? text;
}

/** ISO/IEC 7812-1 annex B: the check digit, over 12 to 19 digits. */
function luhn(digits: string): boolean {
  if (digits.length < 12 || digits.length > 19) return false;
  let sum = 0;
  for (let at = digits.length - 1, double = false; at >= 0; at -= 1, double = !double) {
    const digit = digits.charCodeAt(at) - 48;
    sum += double ? (digit > 4 ? digit * 2 - 9 : digit * 2) : digit;
  }
  return sum % 10 === 0;
}
