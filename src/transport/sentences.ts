import { STATUS_CODES } from 'node:http';

/** What a client is told, by status. Fixed: no error's own text ever reaches an answer. */
const sentences = new Map<number, string>([
  [400, 'The request could not be understood.'],
  [401, 'Please sign in first.'],
  [403, 'This is not allowed.'],
  [404, 'There is nothing at this address.'],
  [405, 'This address does not take that kind of request.'],
  [408, 'The request took too long.'],
  [409, 'Somebody else has changed this in the meantime.'],
  [410, 'This is no longer here.'],
  [413, 'What was sent is too large.'],
  [414, 'The address is too long.'],
  [415, 'This kind of content is not accepted.'],
  [421, 'This server does not answer for that host.'],
  [422, 'What was sent is incomplete or not correct.'],
  [429, 'Too many attempts. Please wait.'],
  [500, 'Something went wrong on our side.'],
  [503, 'The server is busy. Please try again shortly.'],
]);

export function sentenceOf(status: number): string {
  return sentences.get(status) ?? sentences.get(status < 500 ? 400 : 500) ?? '';
}

/** The status's own phrase: the title of a problem of type `about:blank` (RFC 9457 section 4.2.1). */
export function phraseOf(status: number): string {
  return STATUS_CODES[status] ?? (status < 500 ? 'Bad Request' : 'Internal Server Error');
}
