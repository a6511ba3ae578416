import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { mailFooter } from '../../src/base/compose-mail.js';
import type { MailMessage } from '../../src/base/ports/mailer.js';
import { filesUnder, read, root } from './tree.js';

/**
 * Every template of a mail, drawn with everything it can be given, and held to what people are told: we never ask for a
 * password by mail. A new template is found by its file's name, and a mail that is written elsewhere by its subject.
 */
const origin = 'https://shop.example';
const token = `rst_${'A'.repeat(43)}000000`;
const link = { origin, path: '/page', forgotPath: '/forgot', token, minutes: 20, days: 7 };
/** What the templates with other parameters than `(to, link)` are called with. */
const calls: Readonly<Record<string, readonly (readonly unknown[])[]>> = {
  accountExistsMail: [[origin, '/forgot']],
  passwordChangedMail: [[origin, '/forgot']],
  factorChangedMail: [
    ['added', link],
    ['removed', link],
    ['codes-replaced', link],
    ['recovery-used', link],
  ],
};
const templates = filesUnder('src', '.ts').filter((path) => path.endsWith('mail-texts.ts'));

async function drawn(): Promise<readonly { readonly name: string; readonly mail: MailMessage }[]> {
  const mails: { name: string; mail: MailMessage }[] = [];
  for (const path of templates) {
    const module = (await import(pathToFileURL(join(root, path)).href)) as Record<
      string,
      (...given: unknown[]) => MailMessage
    >;
    for (const [name, template] of Object.entries(module)) {
      for (const given of calls[name] ?? [[link]]) {
        mails.push({ name: `${name} of ${path}`, mail: template('ada@example.com', ...given) });
      }
    }
  }
  return mails;
}

/** The words of a page, as a person reads them. */
function words(html: string): string {
  const body = html.slice(html.indexOf('<body>'));
  return body
    .replace(/<[^>]+>/g, ' ')
    .replace(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code)))
    .replace(/\s+/g, ' ')
    .trim();
}

/** Verbs that ask for something, and what must never be asked for, in one sentence. */
const asks =
  /\b(?:type|enter|send|reply|answer|give|tell|provide|confirm|verify|submit|write|email|mail)\b[^.:]*\b(?:password|passphrase|pin|card number|security code)\b/i;

describe('the mails we send', () => {
  it('are found: every template of every area', async () => {
    expect(templates.length).toBeGreaterThanOrEqual(4);
    expect((await drawn()).length).toBeGreaterThanOrEqual(13);
  });

  it('never ask for a password, and each says so', async () => {
    for (const { name, mail } of await drawn()) {
      for (const text of [mail.text, words(mail.html ?? '')]) {
        expect(text, name).toContain(mailFooter);
        expect(text.replaceAll(mailFooter, '').match(asks)?.[0], name).toBeUndefined();
      }
      expect(mail.subject.match(asks)?.[0], name).toBeUndefined();
    }
  });

  it('say the same as text and as HTML', async () => {
    for (const { name, mail } of await drawn())
      expect(words(mail.html ?? ''), name).toBe(mail.text.replace(/\s+/g, ' ').trim());
  });

  it('hold no form, picture, style or script, and no link that shows another address than it opens', async () => {
    for (const { name, mail } of await drawn()) {
      const { html = '' } = mail;
      expect(html.match(/<(?!\/|!doctype html>|(?:html|head|meta|title|body|p|br|a|code)\b)[^>]*>/gi), name).toBeNull();
      expect(html.match(/\b(?:src|style|on\w+)\s*=/gi), name).toBeNull();
      for (const [, href, shown] of html.matchAll(/<a href="([^"]*)">([^<]*)<\/a>/g)) expect(shown, name).toBe(href);
    }
  });

  it('link to the origin that was set up and carry a code in the fragment or as text, never in path or query', async () => {
    for (const { name, mail } of await drawn()) {
      for (const [found] of `${mail.text}\n${mail.html}`.matchAll(/https?:\/\/[^\s"<]+/g)) {
        const url = new URL(found);
        expect(url.origin, name).toBe(origin);
        expect(url.pathname + url.search, name).not.toContain(token);
      }
    }
  });

  it('escape what they are given', async () => {
    const { newAddressMail } = await import('../../src/resets/mail-change/mail-texts.js');
    const mail = newAddressMail('ada@example.com', { ...link, path: '/"><script>x</script>' });
    expect(mail.html).not.toContain('<script>');
  });

  it('are written in these templates and nowhere else', () => {
    const elsewhere = [...filesUnder('src', '.ts'), ...filesUnder('examples', '.ts')].filter(
      // Certificates have subjects too.
      (path) =>
        !templates.includes(path) && !path.startsWith('src/certificates/') && /\bsubject:\s*['"`]/.test(read(path)),
    );
    expect(elsewhere).toEqual([]);
  });

  it('a lint that would find what it is for', () => {
    for (const bad of [
      'Please reply with your password.',
      'To go on, enter your present password below.',
      'Verify your card number and PIN.',
    ])
      expect(asks.test(bad)).toBe(true);
    expect(asks.test('Set a new password at once: https://shop.example/forgot')).toBe(false);
  });
});
