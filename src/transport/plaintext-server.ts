import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { integerRule, readOptions, textRule, withDefault } from '../base/options.js';
import { answerClientErrors } from './client-error.js';
import { drainer } from './drain.js';
import { isTooLate } from './linger.js';
import { type Listening, listenOn } from './listen.js';
import { answerPlaintext } from './plaintext-answer.js';
import { type PlaintextOptions, plaintextRules, plaintextShape } from './plaintext-rules.js';

export interface PlaintextServerOptions extends PlaintextOptions {
  /** The port plaintext arrives at, mostly 80; 0 takes any free one. Default 80. */
  readonly port?: number | undefined;
  /** The address to listen on. Default 127.0.0.1. */
  readonly host?: string | undefined;
}

export interface PlaintextServer {
  readonly server: Server;
  /** @throws SafekeepError ERR_PORT_IN_USE, ERR_PORT_REFUSED, ERR_LISTEN */
  listen(): Promise<Listening>;
  close(): Promise<void>;
}

const shape = {
  ...plaintextShape,
  port: withDefault(integerRule({ min: 0, max: 65_535 }), 80),
  host: withDefault(textRule({ maxLength: 253 }), '127.0.0.1'),
};

/**
 * A second listener for what still comes in plaintext. It answers as `tlsOnly` does and has no way to the application.
 * A request with `Expect: 100-continue` gets its refusal before it sends its body. It believes no proxy.
 * @throws SafekeepError ERR_OPTION_*
 * @example
 * const plain = createPlaintextServer({ origin: 'https://shop.example', port: 8080, cookies: ['__Host-sid'] });
 * await plain.listen();
 */
export function createPlaintextServer(options: PlaintextServerOptions): PlaintextServer {
  const { port, host, ...rest } = readOptions('createPlaintextServer', shape, options);
  const rules = plaintextRules(rest);
  const server = createServer({
    headersTimeout: 10_000,
    requestTimeout: 10_000,
    connectionsCheckingInterval: 1000,
    keepAliveTimeout: 1000,
    requireHostHeader: false,
  });
  function answer(req: IncomingMessage, res: ServerResponse): void {
    if (!isTooLate(req)) answerPlaintext(req, res, req.url ?? '', rules);
  }
  const close = drainer(server, 1000);
  answerClientErrors(server, []);
  server.on('request', answer);
  // Without this Node asks for the body before anybody has looked at the request.
  server.on('checkContinue', answer);
  return Object.freeze({ server, listen: () => listenOn(server, port, host), close });
}
