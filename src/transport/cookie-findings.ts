import { readSetCookie, type SetCookie } from '../http/index.js';

/** What is wrong with a cookie. `credential` is refused everywhere; the others are mended or only counted. */
export type CookieFinding =
  | 'secure_missing'
  | 'same_site_missing'
  | 'same_site_invalid'
  | 'http_only_missing'
  | 'host_prefix_broken'
  | 'secure_prefix_broken'
  | 'nameless'
  | 'too_large'
  | 'credential';

export const cookieFindings: readonly CookieFinding[] = [
  'secure_missing',
  'same_site_missing',
  'same_site_invalid',
  'http_only_missing',
  'host_prefix_broken',
  'secure_prefix_broken',
  'nameless',
  'too_large',
  'credential',
];

export interface JudgedCookie {
  readonly cookie: SetCookie;
  /** The line with `Secure` and a missing `SameSite` added. The name is never touched: nobody would find the cookie again. */
  readonly mended: string;
  readonly findings: readonly CookieFinding[];
}

/**
 * Judges one `Set-Cookie` line. ASVS 5.0 V3.3.1 to V3.3.5; RFC 6265bis section 4.1.3. A name without a prefix is no
 * finding: session middleware, OAuth and 3-D Secure choose theirs.
 * @param scriptReadable names of cookies that scripts are meant to read
 */
export function judgeCookie(line: string, scriptReadable: ReadonlySet<string>): JudgedCookie {
  const cookie = readSetCookie(line);
  const { name, value, attributes } = cookie;
  const findings: CookieFinding[] = [];
  let mended = line;
  if (!attributes.has('secure')) {
    findings.push('secure_missing');
    mended += '; Secure';
  }
  const sameSite = attributes.get('samesite')?.toLowerCase();
  if (sameSite === undefined) {
    findings.push('same_site_missing');
    mended += '; SameSite=Lax';
  } else if (!['strict', 'lax', 'none'].includes(sameSite)) {
    // A browser takes what it does not know for Lax or None, depending on its age; the last one said counts.
    findings.push('same_site_invalid');
    mended += '; SameSite=Lax';
  }
  if (!attributes.has('httponly') && !scriptReadable.has(name)) findings.push('http_only_missing');
  // Browsers compare the prefixes without regard to case, and drop a cookie that does not keep their promise.
  const prefix = name.toLowerCase();
  if (prefix.startsWith('__host-')) {
    const domain = attributes.get('domain');
    const kept = attributes.has('secure') && attributes.get('path') === '/' && (domain === undefined || domain === '');
    if (!kept) findings.push('host_prefix_broken');
  } else if (prefix.startsWith('__secure-') && !attributes.has('secure')) {
    findings.push('secure_prefix_broken');
  }
  if (name === '') findings.push('nameless');
  if (Buffer.byteLength(name) + Buffer.byteLength(value) > 4096) findings.push('too_large');
  return { cookie, mended, findings };
}
