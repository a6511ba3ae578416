import type { MailMessage } from './ports/mailer.js';

/** A paragraph, or an address or a code on a line of its own under the paragraph before it. */
export type MailPart = string | { readonly link: string } | { readonly code: string };

/** Below every mail of ours: people who know it are hard to phish. */
export const mailFooter = 'We never ask for your password by mail or by telephone.';

/**
 * One mail as plain text and as HTML that say the same. The HTML has no picture, style or script, so that opening it
 * tells nobody anything, and each link shows where it goes.
 */
export function composeMail(to: string, subject: string, parts: readonly MailPart[]): MailMessage {
  const blocks: { readonly text: string; readonly lines: Exclude<MailPart, string>[] }[] = [];
  for (const part of [...parts, mailFooter]) {
    if (typeof part === 'string') blocks.push({ text: part, lines: [] });
    else blocks.at(-1)?.lines.push(part);
  }
  const text = blocks.map((block) => [block.text, ...block.lines.map(plain)].join('\n')).join('\n\n');
  const body = blocks.map((block) => `<p>${[escapeHtml(block.text), ...block.lines.map(marked)].join('<br>\n')}</p>`);
  const html = `<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>${escapeHtml(subject)}</title></head>\n<body>\n${body.join('\n')}\n</body></html>\n`;
  return { to, subject, text, html };
}

function plain(line: Exclude<MailPart, string>): string {
  return 'link' in line ? line.link : line.code;
}

function marked(line: Exclude<MailPart, string>): string {
  const shown = escapeHtml(plain(line));
  return 'link' in line ? `<a href="${shown}">${shown}</a>` : `<code>${shown}</code>`;
}

/** For text between tags and in quoted attributes. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
