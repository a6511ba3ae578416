import { type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { baselineHeaders } from './baseline-headers.js';
import { closeAfter, endLingering } from './linger.js';

type Headers = readonly (readonly [name: string, value: string])[];

/**
 * Answers what is no proper HTTP request: node:http alone answers 400, 408, 417 and 431 without any of our headers.
 * Nothing of the request is echoed, and the connection ends.
 * @param more further headers, such as HSTS on a TLS server
 */
export function answerClientErrors(server: Server, more: Headers): void {
  const answers = new Map([400, 408, 413, 431].map((status) => [status, rawAnswer(status, more)]));
  const answered = new WeakSet<Duplex>();
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => {
    // Node 24 comes back for every further piece of nonsense; a reset now would take the answer along.
    if (answered.has(socket)) return;
    const begun = (socket as { _httpMessage?: { headersSent?: boolean } })._httpMessage?.headersSent === true;
    // A second head inside an answer under way would be read as its body.
    if (error.code === 'ECONNRESET' || !socket.writable || begun) return void socket.destroy();
    answered.add(socket);
    endLingering(socket, answers.get(statusOf(error)) ?? '');
  });
  // For a tunnel through us; without a listener Node closes the connection without a word.
  server.on('connect', (_req, socket: Duplex) => endLingering(socket, answers.get(400) ?? ''));
  server.on('checkExpectation', (req, res) => answerStatus(req, res, 417, more));
}

/** The same for a request that was parsed and is refused before the application sees it. */
export function answerStatus(req: IncomingMessage, res: ServerResponse, status: number, more: Headers): void {
  closeAfter(req, res);
  const headers = Object.fromEntries(headersOf(status, more));
  res.writeHead(status, headers).end(bodyOf(status));
}

function statusOf(error: NodeJS.ErrnoException): number {
  switch (error.code) {
    case 'HPE_HEADER_OVERFLOW':
      return 431;
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return 413;
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return 408;
    default:
      return 400;
  }
}

function rawAnswer(status: number, more: Headers): string {
  const headers = [...headersOf(status, more), ['Connection', 'close']];
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  return `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines}\r\n${bodyOf(status)}`;
}

function headersOf(status: number, more: Headers): Headers {
  return [
    ...baselineHeaders,
    ...more,
    ['Content-Type', 'text/plain; charset=utf-8'],
    ['Content-Length', String(bodyOf(status).length)],
  ];
}

function bodyOf(status: number): string {
  return `${STATUS_CODES[status]}\n`;
}
