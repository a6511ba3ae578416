const alphabet = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** The value of one letter of crypt(3)'s base64; -1 for none. */
export function cryptValue(letter: string): number {
  return alphabet.indexOf(letter);
}

/**
 * crypt(3) writes three bytes as four letters, the lowest six bits first. `order` says which byte of the digest stands
 * where; each group of three is written from its last byte, as phpass does, or in the scheme's own shuffle.
 */
export function toCrypt64(digest: Uint8Array, order: readonly number[]): string {
  let text = '';
  for (let at = 0; at < order.length; at += 3) {
    const group = order.slice(at, at + 3);
    let value = group.reduce((sum, index, place) => sum | ((digest[index] ?? 0) << (8 * place)), 0);
    for (let letters = group.length + 1; letters > 0; letters -= 1) {
      text += alphabet[value & 63];
      value >>>= 6;
    }
  }
  return text;
}

/** null where an encoder would have written something else. */
export function fromCrypt64(text: string, order: readonly number[]): Buffer | null {
  const digest = Buffer.alloc(order.length);
  let letter = 0;
  for (let at = 0; at < order.length; at += 3) {
    const group = order.slice(at, at + 3);
    let value = 0;
    for (let place = 0; place <= group.length; place += 1, letter += 1) {
      value |= cryptValue(text[letter] ?? '') << (6 * place);
    }
    for (const [place, index] of group.entries()) digest[index] = (value >>> (8 * place)) & 255;
  }
  return toCrypt64(digest, order) === text ? digest : null;
}
