import { canonicalAddress } from './addresses.js';

/** What one proxy said of the hop in front of it. */
export interface ForwardedElement {
  readonly for?: string;
  readonly proto?: string;
}

const token = String.raw`[!#$%&'*+.^_\`|~0-9A-Za-z-]+`;
const quoted = String.raw`"(?:[\t \x21\x23-\x5b\x5d-\x7e\x80-\xff]|\\[\t \x21-\x7e\x80-\xff])*"`;
const pair = new RegExp(`(${token})=(?:(${token})|(${quoted}))`, 'y');
const separator = /[ \t]*([,;])[ \t]*/y;

/**
 * Parses a `Forwarded` header (RFC 7239 section 4), strictly: a bad character, an open quote or a parameter that an
 * element says twice spoils the whole header, since what a client wrote then cannot be told from what the proxy
 * appended to it.
 * @returns the elements, the nearest proxy's last; null when malformed.
 */
export function parseForwarded(text: string): readonly ForwardedElement[] | null {
  const elements: ForwardedElement[] = [];
  let element: Record<string, string> = Object.create(null);
  let at = 0;
  for (;;) {
    pair.lastIndex = at;
    const match = pair.exec(text);
    if (match === null) return null;
    const name = (match[1] ?? '').toLowerCase();
    if (name in element) return null;
    element[name] = match[2] ?? unquote(match[3] ?? '');
    at = pair.lastIndex;
    separator.lastIndex = at;
    const next = separator.exec(text);
    if (next === null || next[1] === ',') {
      elements.push({ ...element });
      element = Object.create(null);
    }
    if (next === null) return at === text.length ? elements : null;
    at = separator.lastIndex;
  }
}

const bracketed = /^\[([^\]]+)\](?::(?:\d{1,5}|_[A-Za-z0-9._-]+))?$/;
const withPort = /^([0-9.]+):(?:\d{1,5}|_[A-Za-z0-9._-]+)$/;

/**
 * The address in a node of `Forwarded` or `X-Forwarded-For`, its port dropped.
 * @returns null for `unknown`, an obfuscated identifier (`_hidden`) and anything that is no address.
 */
export function nodeAddress(node: string): string | null {
  return canonicalAddress(bracketed.exec(node)?.[1] ?? withPort.exec(node)?.[1] ?? node);
}

function unquote(text: string): string {
  return text.slice(1, -1).replace(/\\(.)/g, '$1');
}
