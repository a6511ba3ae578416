import { readFileSync } from 'node:fs';

/**
 * The script of the password meter, one module without imports (about 6 KiB, compressed): serve it from your own origin
 * and load it with `<script type="module" src="…">`, which every Content-Security-Policy of `secureHeaders` allows. It
 * looks for `<input type="password" data-password-meter data-password-words="Larkspur Lane">`; docs/passwords.md has the
 * attributes and the classes to style. It sends nothing anywhere and writes no style.
 * @example
 * import { passwordMeterScript } from 'safekeep/passwords';
 * const script = passwordMeterScript();
 * // app.get('/assets/password-meter.js', (req, res) => res.type('js').send(script));
 */
export function passwordMeterScript(): string {
  // Put together by the build; the same path leads there from src and from dist.
  return readFileSync(new URL('../../../dist/passwords/meter/password-meter.mjs', import.meta.url), 'utf8');
}
