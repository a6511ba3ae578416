import type { IncomingMessage, ServerResponse } from 'node:http';
import { subnetOf } from './addresses.js';
import type { Proxies } from './proxies.js';

/** Who sent a request, as far as work is shared out between networks, and whether they still wait for the answer. */
export interface Sender {
  readonly client: { readonly subnet: string };
  /** Aborted when the connection is gone before the answer is complete, so that queued work can be dropped. */
  readonly signal: AbortSignal;
}

/** @param req a request that knows its response, as those of Express do */
export function senderOf(
  req: IncomingMessage & { readonly res?: ServerResponse | undefined },
  proxies: Proxies,
): Sender {
  return { client: { subnet: subnetOf(proxies.clientAddress(req)) }, signal: closedSignal(req.res) };
}

function closedSignal(res: ServerResponse | undefined): AbortSignal {
  const controller = new AbortController();
  function onClose(): void {
    if (res?.writableEnded !== true) controller.abort();
  }
  // Whoever left while the request was still counted or looked up closed the response before anyone listened.
  if (res?.closed === true) onClose();
  else res?.once('close', onClose);
  return controller.signal;
}
