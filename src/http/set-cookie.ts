/** One `Set-Cookie` line, taken apart as a browser takes it: RFC 6265bis section 5.6. */
export interface SetCookie {
  readonly name: string;
  readonly value: string;
  /** In lower case; of one that is said twice the last counts, as in browsers. */
  readonly attributes: ReadonlyMap<string, string>;
}

/** Reads what any middleware wrote, however loosely: nothing is refused here. */
export function readSetCookie(line: string): SetCookie {
  const [pair = '', ...rest] = line.split(';');
  const equals = pair.indexOf('=');
  const attributes = new Map<string, string>();
  for (const attribute of rest) {
    const at = attribute.indexOf('=');
    const key = (at < 0 ? attribute : attribute.slice(0, at)).trim().toLowerCase();
    if (key !== '') attributes.set(key, at < 0 ? '' : attribute.slice(at + 1).trim());
  }
  return {
    // A pair without `=` is a cookie without a name.
    name: equals < 0 ? '' : pair.slice(0, equals).trim(),
    value: (equals < 0 ? pair : pair.slice(equals + 1)).trim(),
    attributes,
  };
}
