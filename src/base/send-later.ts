import type { Mailer, MailMessage } from './ports/mailer.js';

/**
 * Hands a mail over without waiting for it: the time a mail server takes must not tell which mail it was, or whether
 * there was one. A mailer that throws at once is told of like one that fails later; the answer is the same.
 */
export function sendLater(mailer: Mailer, message: MailMessage, onError?: (error: unknown) => void): void {
  async function send(): Promise<void> {
    await mailer.send(message);
  }
  // What the hook throws is nobody's: there is no request left to tell.
  send()
    .catch((error: unknown) => onError?.(error))
    .catch(() => undefined);
}
