import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

/** Where to ask. */
export interface Target {
  /** A name or address to connect to. */
  readonly address: string;
  readonly port: number;
  readonly tls: boolean;
  /** The name that is asked for in the handshake. */
  readonly host: string;
}

/** An answer as it came over the wire. */
export interface RawAnswer {
  readonly status: number;
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Its first 64 KiB, as Latin-1, chunks and all. */
  readonly body: string;
}

const mostBytes = 65_536 + 32_768;
const mostBody = 65_536;

/**
 * Sends bytes as they are and reads one answer: what is asked here no client library would send. The certificate is not
 * judged here, so nothing secret may be sent.
 * @returns undefined when no answer came: refused, reset, silent
 */
export function exchange(target: Target, bytes: string, limitMs: number): Promise<RawAnswer | undefined> {
  return new Promise((resolve) => {
    const socket = open(target);
    const chunks: Buffer[] = [];
    let length = 0;
    let settled = false;
    const timer = setTimeout(finish, limitMs);
    function finish(): void {
      if (settled) return;
      settled = true;
      clearTimeout(timer);
      socket.destroy();
      resolve(readAnswer(Buffer.concat(chunks).toString('latin1')));
    }
    socket.on('data', (part: Buffer) => {
      chunks.push(part);
      length += part.length;
      if (length >= mostBytes || isWhole(Buffer.concat(chunks).toString('latin1'))) finish();
    });
    socket.on('error', finish).on('end', finish).on('close', finish);
    // A server that refuses an oversized request closes before it has read all: what it said still counts.
    socket.once(target.tls ? 'secureConnect' : 'connect', () => socket.write(bytes, 'latin1'));
  });
}

function open({ address, port, tls, host }: Target): Socket {
  if (!tls) return connectTcp({ host: address, port });
  const servername = isIP(host) === 0 ? { servername: host } : {};
  return connectTls({ host: address, port, ...servername, rejectUnauthorized: false, ALPNProtocols: ['http/1.1'] });
}

/** The last answer: interim ones (100, 103) come in front of it. */
function readAnswer(text: string): RawAnswer | undefined {
  for (let rest = text; ; ) {
    const end = rest.indexOf('\r\n\r\n');
    const status = Number(/^HTTP\/1\.[01] (\d{3})(?: |\r)/.exec(rest)?.[1]);
    if (end < 0 || Number.isNaN(status)) return undefined;
    const behind = rest.slice(end + 4);
    if (status >= 200) {
      const headers = rest
        .slice(0, end)
        .split('\r\n')
        .slice(1)
        .map((line) => {
          const colon = line.indexOf(':');
          return [line.slice(0, Math.max(0, colon)).trim().toLowerCase(), line.slice(colon + 1).trim()] as const;
        });
      return { status, headers, body: behind.slice(0, mostBody) };
    }
    rest = behind;
  }
}

function isWhole(text: string): boolean {
  const answer = readAnswer(text);
  if (answer === undefined) return false;
  if (answer.status === 204 || answer.status === 304) return true;
  const named = (wanted: string): string | undefined => answer.headers.find(([name]) => name === wanted)?.[1];
  const length = named('content-length');
  if (length !== undefined) return answer.body.length >= Math.min(Number(length), mostBody);
  return named('transfer-encoding')?.toLowerCase() === 'chunked' && answer.body.endsWith('\r\n0\r\n\r\n');
}
