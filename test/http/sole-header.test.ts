import { describe, expect, it } from 'vitest';
import { soleHeader } from '../../src/http/index.js';
import { requestFrom } from './request-from.js';

describe('soleHeader', () => {
  it('tells a header that came once from none and from several', () => {
    const req = requestFrom('203.0.113.7', {
      Host: 'shop.example',
      HOST: 'evil.example',
      Origin: 'https://shop.example',
    });
    expect(soleHeader(req, 'origin')).toBe('https://shop.example');
    expect(soleHeader(req, 'cookie')).toBeUndefined();
    expect(soleHeader(req, 'host')).toBeNull();
  });
});
