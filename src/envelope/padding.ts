import { SafekeepError } from '../base/errors.js';
import { nameOf, say } from '../base/names.js';

/**
 * What a plaintext is padded to, so that its length says less: steps of that many bytes (1 to 65536), or `padme`, whose
 * steps grow with the length and cost at most 12 %. Steps hide short values, Padme long ones.
 */
export type Padding = number | 'padme';

export const defaultPadding: Padding = 32;
export const padStart = 0x80;
const widestStep = 65_536;

/** @throws SafekeepError ERR_OPTION_INVALID */
export function assertPadding(pad: Padding): void {
  if (pad === 'padme' || (Number.isSafeInteger(pad) && pad >= 1 && pad <= widestStep)) return;
  throw new SafekeepError('ERR_OPTION_INVALID', {
    of: nameOf('seal'),
    option: nameOf('pad'),
    expected: say`padme, or a whole number from 1 to ${widestStep}`,
  });
}

/** Bytes of a padded plaintext whose content and padding byte take `length` bytes, at least two. */
export function paddedSize(length: number, pad: Padding): number {
  return pad === 'padme' ? padme(length) : Math.ceil(length / pad) * pad;
}

/**
 * Padme (Nikitin and others, PURBs, PoPETs 2019): as many of the length's last bits are zero as leave the first ones
 * exact to one part in its logarithm. What is left to see of a length L is log log L bits.
 */
function padme(length: number): number {
  const exponent = Math.floor(Math.log2(length));
  const step = 2 ** (exponent - Math.floor(Math.log2(exponent)) - 1);
  return Math.ceil(length / step) * step;
}

/** Where the content of a padded plaintext ends; -1 when the padding is none. */
export function contentEnd(plaintext: Uint8Array): number {
  let end = plaintext.length - 1;
  while (end >= 0 && plaintext[end] === 0) end -= 1;
  return plaintext[end] === padStart ? end : -1;
}
