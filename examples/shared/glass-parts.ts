/** A piece of text and what it is, for colouring. */
export interface Part {
  readonly is: 'head' | 'nonce' | 'commit' | 'rest' | 'clear' | 'key' | 'label' | 'plain';
  readonly text: string;
}

const suites: Readonly<Record<number, string>> = { 1: 'KC-XAES-256-GCM', 2: 'XAES-256-GCM', 17: 'sealed row' };

/**
 * A stored value cut where the envelope's parts begin (docs/formats.md): 6 bytes of header are exactly 8 characters,
 * 24 of nonce exactly 32. The commitment ends within a character; the cut is to the nearest.
 */
export function storedParts(value: string): { readonly parts: readonly Part[]; readonly how: string } {
  const sealed = /^sf1\.([A-Za-z0-9_-]{83,})$/.exec(value)?.[1];
  if (sealed === undefined) return { parts: [{ is: 'clear', text: value }], how: 'as it is' };
  const header = Buffer.from(sealed.slice(0, 8), 'base64url');
  const suite = suites[header[1] ?? 0] ?? 'another suite';
  return {
    parts: [
      { is: 'head', text: `sf1.${sealed.slice(0, 8)}` },
      { is: 'nonce', text: sealed.slice(8, 40) },
      { is: 'commit', text: sealed.slice(40, 83) },
      { is: 'rest', text: sealed.slice(83) },
    ],
    how: `sealed, ${suite}, key ${header.subarray(2, 6).toString('hex')}`,
  };
}

/** A log line as it was written, its keys dimmed and the labels that stand for values lit. Not one character differs. */
export function logParts(line: string): readonly Part[] {
  const parts: Part[] = [];
  let at = 0;
  for (const found of line.matchAll(/"[\w.-]+":|(?<=")(?:\[[a-z][^"\]]*\]|\*\*\*@[^"]*)(?=")/g)) {
    if (found.index > at) parts.push({ is: 'plain', text: line.slice(at, found.index) });
    parts.push({ is: found[0].startsWith('"') ? 'key' : 'label', text: found[0] });
    at = found.index + found[0].length;
  }
  if (at < line.length) parts.push({ is: 'plain', text: line.slice(at) });
  return parts;
}
