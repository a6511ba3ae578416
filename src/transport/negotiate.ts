import type { IncomingMessage } from 'node:http';

/**
 * Whether the client would rather read JSON than a page: its Accept prefers JSON to HTML, or it sent JSON and accepts
 * anything. Programs get problem details (RFC 9457), people get a page.
 */
export function wantsJson(req: IncomingMessage): boolean {
  let json = 0;
  let html = 0;
  let any = 0;
  const accept = req.headers.accept ?? '*/*';
  for (const range of accept.split(',', 64)) {
    const [type = '', ...parameters] = range.split(';', 8).map((part) => part.trim().toLowerCase());
    const weight = quality(parameters);
    if (/^application\/(?:[a-z0-9.-]+\+)?json$/.test(type)) json = Math.max(json, weight);
    else if (type === 'text/html' || type === 'application/xhtml+xml') html = Math.max(html, weight);
    else if (type === '*/*') any = Math.max(any, weight);
  }
  if (json !== html) return json > html;
  return json === 0 && any > 0 && /^application\/(?:[a-z0-9.-]+\+)?json\b/i.test(req.headers['content-type'] ?? '');
}

function quality(parameters: readonly string[]): number {
  const q = parameters.find((parameter) => parameter.startsWith('q='));
  const weight = q === undefined ? 1 : Number(q.slice(2));
  return weight >= 0 && weight <= 1 ? weight : 0;
}
