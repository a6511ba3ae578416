import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';

/** A request as node:http would hand it over, from any address and over any socket, without a network. */
export function requestFrom(
  remoteAddress: string | undefined,
  headers: Readonly<Record<string, string>> = {},
  encrypted = false,
): IncomingMessage {
  const socket = new Socket();
  Object.defineProperty(socket, 'remoteAddress', { value: remoteAddress });
  if (encrypted) Object.defineProperty(socket, 'encrypted', { value: true });
  const req = new IncomingMessage(socket);
  for (const [name, value] of Object.entries(headers)) {
    req.headers[name.toLowerCase()] = value;
    req.rawHeaders.push(name, value);
  }
  return req;
}
