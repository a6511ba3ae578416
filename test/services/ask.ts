import { connect } from 'node:net';
import { inject } from 'vitest';
import type { ServiceName } from './setup.js';

/** Asks the run's desk for a service, which starts it for the first who does. */
export async function askFor<T extends object>(service: ServiceName): Promise<T> {
  const answer = await new Promise<string>((resolve, reject) => {
    let text = '';
    const socket = connect(inject('servicesPort'), '127.0.0.1');
    socket.setEncoding('utf8').on('data', (part: string) => {
      text += part;
    });
    socket.once('end', () => resolve(text)).once('error', reject);
    socket.end(service);
  });
  const { error, ...found } = JSON.parse(answer) as T & { error?: string };
  if (error !== undefined) throw new Error(error);
  return found as T;
}
