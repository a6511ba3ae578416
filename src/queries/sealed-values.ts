/** True for what looks like a sealed value, in its text or its binary form. Whether it opens only a key can tell. */
export function isSealedText(value: unknown): boolean {
  if (typeof value === 'string') return /^sf1\.[\w-]{40,}$/.test(value);
  return value instanceof Uint8Array && value[0] === 0xc1 && value.length > 46;
}

/** What a parameter for a sealed column may hold: nothing, a sealed value, or a list of such. */
export function isSealedParameter(value: unknown): boolean {
  if (value === null || value === undefined) return true;
  return Array.isArray(value) ? value.every(isSealedParameter) : isSealedText(value);
}
