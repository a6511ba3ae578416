import type { IncomingMessage } from 'node:http';

/**
 * The value of a header that a request may say once. Node keeps the first of two `Host` or `Authorization` lines and a
 * proxy may have judged by the last: who says it twice is refused by whoever asks.
 * @param name in lower case
 * @returns undefined when absent, null when it came more than once.
 */
export function soleHeader(req: IncomingMessage, name: string): string | null | undefined {
  let found: string | undefined;
  for (let place = 0; place < req.rawHeaders.length; place += 2) {
    if (req.rawHeaders[place]?.toLowerCase() !== name) continue;
    if (found !== undefined) return null;
    found = req.rawHeaders[place + 1] ?? '';
  }
  return found;
}
