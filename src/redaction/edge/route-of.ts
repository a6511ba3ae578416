import type { IncomingMessage } from 'node:http';

/**
 * The route that answered a request, as Express wrote it down: `/orders/:id`, never the path itself. A path that no
 * route knows is `(no route)`. Express keeps no template of where a router is mounted, only what the URL said there: it
 * prints as `(mounted)`. Ask when the response has ended: before, no route has been found yet.
 */
export function routeOf(req: IncomingMessage): string {
  const { route, baseUrl } = req as { readonly route?: { readonly path?: unknown }; readonly baseUrl?: unknown };
  const path: unknown = route?.path;
  if (typeof path !== 'string') return '(no route)';
  return typeof baseUrl === 'string' && baseUrl !== '' ? `(mounted)${path}` : path;
}
