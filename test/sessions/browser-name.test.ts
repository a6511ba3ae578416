import { describe, expect, it } from 'vitest';
import { browserName } from '../../src/sessions/browser-name.js';

const of = (agent?: string) => browserName({ headers: agent === undefined ? {} : { 'user-agent': agent } });

describe('what a browser is called in a list', () => {
  it.each([
    ['Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0', 'Firefox on Linux'],
    ['Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0.0.0 Safari/537.36 Edg/140.0', 'Edge on Windows'],
    ['Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/140.0.0.0 Mobile Safari/537.36', 'Chrome on Android'],
    ['Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile Safari/604.1', 'Safari on iOS'],
    ['Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/18.0 Safari/605.1.15', 'Safari on macOS'],
    ['curl/8.5.0', 'A browser or program'],
    [undefined, 'A browser or program'],
  ])('%s', (agent, name) => {
    expect(of(agent)).toBe(name);
  });

  it('is never a word of the header: nothing of a stranger gets into the table or the page', () => {
    expect(of('<script>alert(1)</script> ada@example.com')).toBe('A browser or program');
    expect(of(`${'x'.repeat(100_000)} Firefox/1`)).toBe('A browser or program');
  });
});
