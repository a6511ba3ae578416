import { createTransport } from 'nodemailer';
import type { SiteMailer } from './outbox.js';

/**
 * Mail by SMTP, over TLS with a checked certificate or not at all: plain `smtp://` must take STARTTLS before anything
 * is said, because the mails carry codes that open accounts. The address goes in object form: as text, one address
 * with a comma in it would be two. `ca`: the PEM of a mail server's own authority.
 */
export function createSmtpMailer(
  url: string,
  { name, origin, ca }: { readonly name: string; readonly origin: string; readonly ca?: string | undefined },
): SiteMailer {
  const sender = { name, address: `post@${new URL(origin).hostname}` };
  const transport = createTransport({
    url,
    requireTLS: true,
    tls: { rejectUnauthorized: true, minVersion: 'TLSv1.2', ...(ca === undefined ? {} : { ca }) },
    connectionTimeout: 10_000,
    greetingTimeout: 10_000,
    socketTimeout: 30_000,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return {
    async send({ to, subject, text, html }) {
      await transport.sendMail({ from: sender, to: { name: '', address: to }, subject, text, ...(html && { html }) });
    },
  };
}
