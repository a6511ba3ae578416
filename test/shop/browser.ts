import type { Application } from 'express';
import request, { type Response } from 'supertest';

export interface Browser {
  readonly jar: Map<string, string>;
  get(path: string): Promise<Response>;
  post(path: string, body?: object): Promise<Response>;
}

/** A browser: the cookies it has been given. supertest's own jar does not send secure ones over plaintext. */
export function browserOf(app: Application): Browser {
  const jar = new Map<string, string>();
  async function send(method: 'get' | 'post', path: string, body?: object): Promise<Response> {
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
    const answer = await request(app)[method](path).set('Cookie', cookie).send(body);
    for (const line of (answer.headers['set-cookie'] as unknown as string[] | undefined) ?? []) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (/Max-Age=0/.test(line)) jar.delete(name);
      else jar.set(name, value);
    }
    return answer;
  }
  return { jar, get: (path) => send('get', path), post: (path, body) => send('post', path, body) };
}
