/** A message as the toolkit hands it over; the address is the stored one, never one a request brought. */
export interface Mail {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  /** The same as HTML. */
  readonly html?: string | undefined;
}
export interface SiteMailer {
  send(mail: Mail): Promise<void>;
}
export interface SentMail extends Mail {
  readonly sentAt: string;
}

export interface Outbox extends SiteMailer {
  /** Newest first. */
  list(): readonly SentMail[];
}

/**
 * Mail for development: kept in memory, shown on the page /outbox, gone with the process. It holds the codes that make
 * and open accounts, so it exists only under --development, on loopback. With SMTP_URL set, mail is sent as well.
 */
export function createOutbox(onward?: SiteMailer, mostKept = 50): Outbox {
  const mails: SentMail[] = [];
  return Object.freeze({
    async send({ to, subject, text, html }: Mail) {
      mails.unshift(Object.freeze({ to, subject, text, html, sentAt: new Date().toISOString() }));
      mails.length = Math.min(mails.length, mostKept);
      await onward?.send({ to, subject, text, html });
    },
    list: () => [...mails],
  });
}
