/** Strings whole, so that nothing inside of them counts; then numbers, and the colon that makes a member. */
const tokens = /"(?:[^"\\]|\\.)*"|-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|:/g;

/**
 * Whether JSON.parse keeps all that a text says. It would round a long number and drop the first of two members of one
 * name, and nobody could tell afterwards, because both sides of a comparison would have been read alike.
 */
export function isExactJson(text: string): boolean {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return false;
  }
  let members = 0;
  for (const [token] of text.matchAll(tokens)) {
    if (token === ':') members += 1;
    else if (!token.startsWith('"') && digitsOf(token) !== digitsOf(String(Number(token)))) return false;
  }
  return members === countMembers(value);
}

function countMembers(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  const parts: readonly unknown[] = Object.values(value);
  const own = Array.isArray(value) ? 0 : parts.length;
  return parts.reduce<number>((sum, part) => sum + countMembers(part), own);
}

/** A number as its significant digits and the power of ten: 1.50, 1.5 and 15e-1 are one. */
function digitsOf(number: string): string {
  const [, sign = '', whole = '', fraction = '', power = '0'] =
    /^(-?)([0-9]+)(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]+))?$/.exec(number) ?? [];
  const all = `${whole}${fraction}`.replace(/^0+/, '');
  const digits = all.replace(/0+$/, '');
  if (digits === '') return '0';
  return `${sign}${digits}e${Number(power) - fraction.length + (all.length - digits.length)}`;
}
