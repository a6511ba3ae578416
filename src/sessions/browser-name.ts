import type { IncomingMessage } from 'node:http';

/** The first that matches counts: Edge and Opera call themselves Chrome too, and Chrome calls itself Safari. */
const browsers = [
  [/\bEdgA?\//, 'Edge'],
  [/\bOPR\//, 'Opera'],
  [/\bFirefox\/|\bFxiOS\//, 'Firefox'],
  [/Chrom(?:e|ium)\/|\bCriOS\//, 'Chrome'],
  [/\bSafari\//, 'Safari'],
] as const;
const systems = [
  [/\b(?:iPhone|iPad)\b/, 'iOS'],
  [/\bAndroid\b/, 'Android'],
  [/\bWindows\b/, 'Windows'],
  [/\bMac OS X\b/, 'macOS'],
  [/\bLinux\b/, 'Linux'],
] as const;

/**
 * What a person knows a browser of theirs by, such as `Firefox on Windows`, made of these words only: the header itself
 * is close to a fingerprint, and is not stored. It says what the client claims to be and proves nothing.
 */
export function browserName(req: Pick<IncomingMessage, 'headers'>): string {
  const agent = (req.headers['user-agent'] ?? '').slice(0, 512);
  const browser = browsers.find(([pattern]) => pattern.test(agent))?.[1] ?? 'A browser or program';
  const system = systems.find(([pattern]) => pattern.test(agent))?.[1];
  return system === undefined ? browser : `${browser} on ${system}`;
}
