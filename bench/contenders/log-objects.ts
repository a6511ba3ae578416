import { type Seeded, seeded } from '../corpora/seeded.js';

/** What a shop logs of a request: about 500 bytes of JSON. One in twenty has a customer's data where they do not belong. */
export type LogObject = Readonly<Record<string, unknown>>;

const agents = [
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36',
  'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Version/17.5 Mobile/15E148',
  'curl/8.5.0',
];
const routes = ['/orders/:id', '/cart', '/products/:id', '/account', '/search'];

function cleanObject({ below, pick, digits, hex }: Seeded): Record<string, unknown> {
  return {
    reqId: `${hex(8)}-${hex(4)}-4${hex(3)}-a${hex(3)}-${hex(12)}`,
    traceId: hex(32),
    method: pick(['GET', 'POST']),
    route: pick(routes),
    url: `/orders/${digits(6)}?page=${below(9)}&sort=price`,
    status: pick([200, 200, 200, 304, 404]),
    durationMs: below(90_000) / 100,
    startedAt: 1_790_000_000_000 + below(1_000_000_000),
    agent: pick(agents),
    account: { id: `acc_${digits(8)}`, plan: pick(['free', 'plus']), tokens_used: below(5000), verified: true },
    cart: { items: [{ sku: `LL-${digits(5)}`, quantity: 1 + below(3), price: below(9999) / 100 }], coupon: null },
    note: `order ${digits(6)} moved to shelf ${hex(6)} in ${below(80)}ms by worker ${below(16)}`,
  };
}

/** Objects of one seed. All of them in one list, so that none is the same as the one before. */
export function logObjects(count: number, seed: number): readonly LogObject[] {
  const random = seeded(seed);
  return Array.from({ length: count }, (_, at) => {
    const made = cleanObject(random);
    if (at % 20 !== 7) return made;
    const person = { email: `ada.${random.hex(4)}@example.com`, password: `Tr${random.hex(8)}z9!` };
    return { ...made, customer: person, note: `mail to ${person.email}, card 4111 1111 1111 1111` };
  });
}
