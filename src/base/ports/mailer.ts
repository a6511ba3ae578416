/** One message to one stored address. Never built from an address that a request brought. */
export interface MailMessage {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly html?: string | undefined;
}

export interface Mailer {
  send(message: MailMessage): Promise<void>;
}
