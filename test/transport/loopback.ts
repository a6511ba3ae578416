import { createServer, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { onTestFinished } from 'vitest';
import { issueDevelopmentCertificates } from '../../src/certificates/index.js';
import { temporaryDirectory } from '../certificates/fixtures.js';

export interface Answer {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
  /** Everything but the date. */
  readonly bytes: string;
}

/** Sends bytes as they are and reads until the server ends: no client library between the test and the wire. */
export function exchange(socket: Socket, bytes: string | readonly string[]): Promise<Answer> {
  return new Promise((resolve, reject) => {
    let text = '';
    socket.setEncoding('latin1');
    socket.on('data', (part: string) => {
      text += part;
    });
    socket.once('end', () => {
      socket.destroy();
      resolve(parse(text));
    });
    // A reset after the answer is a failure too: the client's system may have thrown the answer away.
    socket.once('error', reject);
    for (const part of [bytes].flat()) socket.write(part, 'latin1');
  });
}

export function overTcp(port: number, bytes: string | readonly string[]): Promise<Answer> {
  return exchange(connectTcp(port, '127.0.0.1'), bytes);
}

export function overTls(port: number, ca: Buffer, bytes: string | readonly string[]): Promise<Answer> {
  return exchange(connectTls({ port, host: '127.0.0.1', servername: 'shop.test', ca }), bytes);
}

/** A request with `Connection: close`, so that the server ends. */
export function request(line: string, headers: Readonly<Record<string, string>> = {}, body = ''): string {
  const all = { Host: 'shop.example', ...headers };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${line} HTTP/1.1\r\n${lines.join('')}Connection: close\r\n\r\n${body}`;
}

export async function listening(handler: RequestListener): Promise<number> {
  const server: Server = createServer(handler);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

export function developmentPair(hosts: readonly string[] = ['shop.test', 'localhost', '127.0.0.1']) {
  return issueDevelopmentCertificates({ directory: temporaryDirectory(), hosts });
}

function parse(text: string): Answer {
  const [head = '', ...rest] = text.split('\r\n\r\n');
  const [status = '', ...lines] = head.split('\r\n');
  const kept = lines.filter((line) => !/^date:/i.test(line));
  const headers = new Map(
    kept.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 2)]),
  );
  const body = rest.join('\r\n\r\n');
  return { status: Number(status.split(' ')[1]), headers, body, bytes: [status, ...kept, '', body].join('\r\n') };
}
