import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import { askAll } from './ask-all.js';
import { connection } from './in-memory.js';
import { exchange, request } from './loopback.js';
import { canary, servers } from './plaintext-matrix.js';

describe('what arrives in plaintext', () => {
  it('is answered as promised in every combination, with every header, and the same for a valid credential as for a wrong one', async () => {
    // Coprime to the size of every dimension: a part of the cells that has each pair of values in it.
    await askAll(11);
  });

  it('is not taken into memory: of a body of 16 MiB what came before the refusal at most, and nobody reads that', async () => {
    for (const [kind, { server, log }] of servers()) {
      let taken = 0;
      let read = 0;
      server.prependListener('request', (req: IncomingMessage) => {
        const push = req.push;
        req.push = function counted(chunk: Buffer | null, ...rest) {
          taken += chunk?.length ?? 0;
          return Reflect.apply(push, this, [chunk, ...rest]) as boolean;
        };
        const on = req.on;
        req.on = function watched(this: IncomingMessage, event: string, ...rest: unknown[]) {
          if (event === 'data' || event === 'readable') read += 1;
          return Reflect.apply(on, this, [event, ...rest]) as IncomingMessage;
        } as typeof req.on;
      });
      const near = connection(server);
      const whole = 16 * 1024 * 1024;
      const answer = exchange(near as never, request('POST /login', { 'Content-Length': String(whole) }, canary));
      const part = 'x'.repeat(65_536);
      let gone = false;
      near.once('close', () => {
        gone = true;
      });
      for (let sent = 0; sent < whole && !gone; sent += part.length) {
        if (!near.write(part)) await Promise.race([once(near, 'drain'), once(near, 'close')]).catch(() => {});
      }
      expect((await answer).status, kind).toBe(403);
      expect(read, kind).toBe(0);
      expect(taken, kind).toBeLessThanOrEqual(131_072);
      expect(log.join(), kind).not.toContain('canary');
    }
  });
});
