import { isSafekeepError } from '../../base/errors.js';
import { createProxies } from '../../http/index.js';
import { type Check, defineCheck } from '../check.js';

const kinds = {
  all: {
    id: 'proxy.trust_all',
    severity: 'critical',
    title: 'Express believes every forwarded header: any client claims TLS, and any address, with one header.',
    clauses: ['ASVS 5.0 V4.1.3'],
    fix: 'Take "trust proxy" out, and list your proxies’ networks once: createProxies({ trusted: [...] }).',
  },
  hops: {
    id: 'proxy.trust_hops',
    severity: 'high',
    title: 'Express believes a number of hops: a client that reaches the server directly claims what it likes.',
    clauses: ['ASVS 5.0 V4.1.3'],
    fix: 'List your proxies’ networks instead: createProxies({ trusted: [...] }).',
  },
  wide: {
    id: 'proxy.trust_wide',
    severity: 'high',
    title:
      'Express believes forwarded headers of a network so wide that strangers are in it, or by a rule nobody can read.',
    clauses: ['ASVS 5.0 V4.1.3'],
    fix: 'List the addresses or networks of your own proxies, each by itself.',
  },
} as const;

/** Words of Express for the networks of one's own machine and house. */
const words = new Set(['loopback', 'linklocal', 'uniquelocal']);

export const trustProxy: Check = defineCheck({
  name: 'trust proxy',
  needs: 'application',
  kinds,
  examine({ trustProxy: setting }, found) {
    if (setting === undefined || setting === false) return;
    if (setting === true) return found(kinds.all, '"trust proxy" is true');
    if (typeof setting === 'number') return found(kinds.hops, `"trust proxy" is ${setting}`);
    if (typeof setting === 'function') return found(kinds.wide, '"trust proxy" is a function');
    const listed = (Array.isArray(setting) ? setting.map(String) : String(setting).split(',')).map((entry) =>
      entry.trim(),
    );
    const wide = listed.filter((entry) => entry !== '' && !words.has(entry) && !isNarrow(entry));
    if (wide.length > 0) found(kinds.wide, `"trust proxy" lists ${wide.join(', ')}`);
  },
});

function isNarrow(network: string): boolean {
  try {
    createProxies({ trusted: [network] });
    return true;
  } catch (error) {
    if (isSafekeepError(error, 'ERR_PROXY_TRUST')) return false;
    throw error;
  }
}
