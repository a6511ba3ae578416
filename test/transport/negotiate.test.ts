import { describe, expect, it } from 'vitest';
import { wantsJson } from '../../src/transport/negotiate.js';
import { requestFrom } from '../http/request-from.js';

const asks = (headers: Record<string, string>) => wantsJson(requestFrom('203.0.113.7', headers));

describe('wantsJson', () => {
  it('gives a browser a page', () => {
    expect(asks({ Accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8' })).toBe(false);
    expect(asks({ Accept: '*/*' })).toBe(false);
    expect(asks({ Accept: 'image/png' })).toBe(false);
    expect(asks({})).toBe(false);
  });

  it('gives a program JSON', () => {
    for (const accept of [
      'application/json',
      'application/problem+json',
      'application/json, text/plain, */*',
      'text/html;q=0.5, application/vnd.api+json',
    ])
      expect(asks({ Accept: accept }), accept).toBe(true);
    expect(asks({ Accept: '*/*', 'Content-Type': 'application/json; charset=utf-8' })).toBe(true);
    expect(asks({ 'Content-Type': 'application/json' })).toBe(true);
  });

  it('goes by the weights', () => {
    expect(asks({ Accept: 'application/json;q=0.4, text/html;q=0.5' })).toBe(false);
    expect(asks({ Accept: 'application/json;q=0, */*' })).toBe(false);
    expect(asks({ Accept: 'application/json;q=nonsense' })).toBe(false);
    expect(asks({ Accept: 'text/html, application/json', 'Content-Type': 'application/json' })).toBe(false);
  });
});
