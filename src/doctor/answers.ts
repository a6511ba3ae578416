import type { Place } from './finding.js';
import type { Answer } from './subject.js';

/** The value of a header; of one that came several times, all of them, as HTTP joins them. */
export function headerOf({ headers }: Answer, name: string): string | undefined {
  const values = headers.filter(([own]) => own === name).map(([, value]) => value);
  return values.length === 0 ? undefined : values.join(', ');
}

/** Every `Set-Cookie` line, which HTTP does not join. */
export function setCookies({ headers }: Answer): readonly string[] {
  return headers.filter(([name]) => name === 'set-cookie').map(([, value]) => value);
}

/** Answers of the application itself to what a browser may ask: a foreign host's are another server's business. */
export function ownAnswers(answers: readonly Answer[]): readonly Answer[] {
  return answers.filter(({ asked }) => asked !== 'other-host' && asked !== 'forwarded-host');
}

/** `200 of /, 404 of a path it does not have`: one finding for all answers that share a fault. */
export function whichAnswers(answers: readonly Answer[]): string {
  const said = answers.map((answer) => `${answer.status} ${words[answer.asked] ?? `of ${answer.path}`}`);
  const different = [...new Set(said)];
  const more = different.length - 5;
  return `${different.slice(0, 5).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

export function placeOf(origin: string | undefined, { path, asked }: Answer): Place | undefined {
  return origin === undefined ? undefined : { name: asked === 'page' ? `${origin}${path}` : origin };
}

const words: Readonly<Partial<Record<Answer['asked'], string>>> = {
  missing: 'of a path it does not have',
  'missing-api': 'of a path it does not have',
  undecodable: 'to a path that is no UTF-8',
  broken: 'to a broken request',
  oversized: 'to too many headers',
  expectation: 'to an unknown Expect',
  trace: 'to TRACE',
  'broken-json': 'to broken JSON',
  'other-origin': 'to another origin',
  'other-host': 'for another host',
  'forwarded-host': 'with X-Forwarded-Host',
  'cross-site-post': 'to a cross-site POST',
};
