/**
 * What PHP's `serialize` wrote, where it is one scalar: bytes of a string, the digits of a number, `true`, `false`,
 * null. Undefined for arrays, objects, references and anything that is not exactly one value. Nothing is ever built
 * from it: `unserialize` on foreign bytes has been a way into servers for as long as it exists.
 */
export function phpScalar(bytes: Buffer): Buffer | string | null | undefined {
  const text = bytes.toString('latin1');
  if (text === 'N;') return null;
  if (/^b:[01];$/.test(text)) return text === 'b:1;' ? 'true' : 'false';
  if (/^(i:-?\d{1,19}|d:-?\d{1,400}(\.\d{1,400})?(E[+-]?\d{1,4})?);$/.test(text)) return text.slice(2, -1);
  const [head, size] = /^s:(\d{1,10}):"/.exec(text) ?? [];
  if (head === undefined) return undefined;
  const end = head.length + Number(size);
  return text.slice(end) === '";' ? bytes.subarray(head.length, end) : undefined;
}
