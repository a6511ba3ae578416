import { loadPeer } from '../base/peer.js';
import type { Log } from '../base/ports/log.js';
import { type PinoLike, type Redactor, redactPino } from '../redaction/index.js';

/** The given pino logger, or a new one to standard output, with every line redacted. @throws ERR_PEER_MISSING */
export async function redactedLog(given: PinoLike | undefined, redactor: Redactor): Promise<Log> {
  if (given !== undefined) return redactPino(given, redactor) as PinoLike & Log;
  const { pino } = await loadPeer('pino', () => import('pino'));
  return redactPino(pino({ base: null }), redactor);
}
