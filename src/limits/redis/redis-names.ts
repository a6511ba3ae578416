import { createHmac } from 'node:crypto';
import type { DerivedKeys } from '../../base/ports/derived-keys.js';
import type { CounterPlace } from '../counters.js';

/** Names counters in Redis so that whoever reads them there reads no login and no address. */
export interface RedisNames {
  /** One name per place. Equal first parts of keys lie on one node of a cluster. */
  of(places: readonly CounterPlace[]): readonly string[];
}

const tokenBytes = 16;
const everybody = 'all';

/**
 * `<prefix>:{<first part>}:<rule>:<other parts>`, every part an HMAC-SHA-256 cut to 128 bits. The braces tell a cluster
 * what to hash. A change of the ring's key for `limits` begins all counters anew.
 */
export function redisNames(prefix: string, keys: DerivedKeys): RedisNames {
  return {
    of(places) {
      const { key } = keys.derive('limits', 'counters');
      // The login and the subnet are in several names of one attempt: one HMAC each is enough.
      const known = new Map<string, string>();
      const token = (part: string): string => {
        // What all attempts share is nobody's name.
        if (part === everybody) return everybody;
        let text = known.get(part);
        if (text === undefined) {
          text = createHmac('sha256', key).update(part).digest().toString('base64url', 0, tokenBytes);
          known.set(part, text);
        }
        return text;
      };
      return places.map(({ rule, key: [first, ...rest] }) =>
        [`${prefix}:{${token(first)}}`, rule.name, ...rest.map(token)].join(':'),
      );
    },
  };
}
