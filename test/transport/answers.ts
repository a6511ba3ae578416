import type { Answer } from './loopback.js';

/** Takes apart what a server sent over one connection, strictly; what is left over is `rest`. */
export function answersIn(text: string): { readonly answers: readonly Answer[]; readonly rest: string } {
  const answers: Answer[] = [];
  let rest = text;
  for (;;) {
    const end = rest.indexOf('\r\n\r\n');
    const start = /^HTTP\/1\.1 (\d{3}) /.exec(rest);
    if (end < 0 || start === null) return { answers, rest };
    const status = Number(start[1]);
    const lines = rest.slice(0, end).split('\r\n').slice(1);
    const headers = new Map(
      lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 2)]),
    );
    rest = rest.slice(end + 4);
    if (status < 200) continue;
    let body = '';
    // An answer to HEAD says the length of what it leaves out: the next answer, or nothing, begins at once.
    if (rest !== '' && !rest.startsWith('HTTP/1.1 ')) [body, rest] = bodyOf(headers, rest);
    answers.push({ status, headers, body, bytes: `${lines.join('\r\n')}\r\n\r\n${body}` });
  }
}

function bodyOf(headers: ReadonlyMap<string, string>, text: string): [body: string, rest: string] {
  if (headers.get('transfer-encoding') !== 'chunked') {
    const length = Number(headers.get('content-length') ?? 0);
    return [text.slice(0, length), text.slice(length)];
  }
  let body = '';
  let rest = text;
  for (;;) {
    const size = /^([0-9a-f]+)\r\n/i.exec(rest);
    if (size === null) return [body, rest];
    const length = Number.parseInt(size[1] ?? '', 16);
    const from = size[0].length;
    body += rest.slice(from, from + length);
    rest = rest.slice(from + length + 2);
    if (length === 0) return [body, rest];
  }
}
