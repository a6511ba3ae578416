import { filled, type Labelled } from './labelled.js';
import { seeded } from './seeded.js';
import { inventedValue } from './values.js';

/** The shapes of the first part are for tuning; those of the second are reported. */
export type Part = 'tune' | 'report';
export type Kind = 'log-lines' | 'prose';

const templates: Readonly<Record<Kind, Readonly<Record<Part, readonly string[]>>>> = {
  'log-lines': {
    tune: [
      '<ip> - - [22/Nov/2026:10:00:00 +0000] "GET /items/<number>?email=<email> HTTP/1.1" 200 <number>',
      '{"level":30,"time":<epoch>,"user":{"email":"<email>","password":"<secret>"},"msg":"signed in"}',
      'time=<time> level=info msg="card <card> declined" order=<id>',
      'Nov 22 10:00:00 shop app[<number>]: call from <phone> for <email>',
      '{"level":30,"time":<epoch>,"reqId":"<uuid>","build":"<hash>","ms":<price>,"msg":"done"}',
      '<time> INFO deploy <package> version <version> took <number>ms id=<id>',
      '<time> WARN ref <notcard> not found, trace <hash>',
    ],
    report: [
      '<time> ERROR payment of <price> with <card> failed for customer <email> (<uuid>)',
      'postfix/smtpd[<number>]: reject: RCPT from unknown[<ip>]: 550 5.1.1 <email>: unknown',
      'ts=<time> caller=auth.go:<number> user=<email> remote=<ip> token=<secret> err="expired"',
      '{"ts":"<time>","ctx":{"ssn":"<ssn>","phone":"<phone>","note":"iban <iban>"},"v":"<version>"}',
      'ERROR: duplicate key value violates unique constraint "users_email_key" DETAIL: Key (email)=(<email>) already exists.',
      'POST /api/login body=username=<email>&password=<secret>&remember=1 <number>ms',
      'sms to <phone> queued as <id>',
      'transfer to <iban> of EUR <price> accepted',
      'tax form for <ssn> stored under <uuid>',
      'client <ip> connected, TLSv1.3, session <hash>',
      'npm install <package> in <number>ms, node v<version>',
      '{"level":20,"time":<epoch>,"trace_id":"<hash>","span":"<uuid>","count":<number>,"price":<price>}',
      '<time> DEBUG shipment <id> parcel <notcard> weight <price>kg',
      'at run (/srv/shop/dist/cart.js:<number>:17) build <hash> <time>',
      'cache hit ratio <price> epoch <epoch> shard <number>/<number> v<version>',
    ],
  },
  prose: {
    tune: [
      'Please write to <email> or call <phone> before Friday.',
      'My card <card> was charged twice.',
      'The meeting on 12 March 2026 has <number> guests.',
    ],
    report: [
      'Hi, I am Ada and you can reach me at <email>.',
      'Could you ring <phone> after six? The old number no longer works.',
      'I paid <price> euros with <card> and heard nothing since.',
      'Her social security number is <ssn>, as the letter says.',
      'Send the refund to <iban>, please.',
      'The login came from <ip>, which is not mine.',
      'Chapter <number> begins in 1984 and ends on page <number>.',
      'Order <id> costs <price> and ships with version <version>.',
      'Our shop opened in 2004; of 1,500 visitors 12 % came back between 10:15 and 11:45.',
    ],
  },
};

/** A labelled corpus; the same kind, part, count and seed give the same texts. */
export function corpus(kind: Kind, part: Part, count: number, seed: number): readonly Labelled[] {
  const random = seeded(seed);
  return Array.from({ length: count }, () =>
    filled(random.pick(templates[kind][part]), (name) => inventedValue(name, random)),
  );
}
