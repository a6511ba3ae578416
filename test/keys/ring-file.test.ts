import { describe, expect, it } from 'vitest';
import { isSafekeepError } from '../../src/base/errors.js';
import { nameOf } from '../../src/base/names.js';
import { formatRing, parseRing } from '../../src/keys/ring-file.js';
import type { RingList } from '../../src/keys/ring-list.js';

const file = nameOf('keys.json');
const bytes = (length: number, fill: number) => Buffer.alloc(length, fill);
const key = {
  id: 4_000_000_000,
  purpose: 'fields',
  state: 'active',
  created: '2026-11-22T00:00:00.000Z',
  wrapped: bytes(104, 1),
  check: bytes(32, 2),
} as const;
const list: RingList = {
  ring: bytes(16, 3),
  counter: 9,
  guard: { wrapped: bytes(104, 4), check: bytes(32, 5) },
  keys: [key, { ...key, id: 7, state: 'destroyed', wrapped: null, check: null }],
};
const mac = bytes(32, 6);

type Json = Record<string, unknown> & { guard: Record<string, unknown>; keys: Record<string, unknown>[] };
function parseEdited(change: (ring: Json) => void): unknown {
  const ring = JSON.parse(formatRing(list, mac)) as Json;
  change(ring);
  return parseRing(JSON.stringify(ring), file);
}

describe('the ring file', () => {
  it('reads back what was written', () => {
    expect(parseRing(formatRing(list, mac), file)).toEqual({ list, mac });
  });

  it.each(['', '{', 'null', '[]', '7', '"text"', '{}', '{"format":"safekeep key ring 1"}'])(
    'refuses %j as no ring',
    (json) => {
      expect(() => parseRing(json, file)).toThrow(expect.objectContaining({ code: 'ERR_KEY_RING_INVALID' }));
    },
  );

  const defects: Record<string, (ring: Json) => void> = {
    'another format': (ring) => {
      ring['format'] = 'safekeep key ring 2';
    },
    'a member too many': (ring) => {
      ring['comment'] = 'mine';
    },
    'a member too many in a key': (ring) => {
      ring.keys[0]!['comment'] = 'mine';
    },
    'a missing authenticator': (ring) => void delete ring['mac'],
    'a short authenticator': (ring) => {
      ring['mac'] = 'AAAA';
    },
    'padded base64': (ring) => {
      ring['mac'] = `${mac.toString('base64url')}=`;
    },
    'base64 with other trailing bits': (ring) => {
      ring['mac'] = `${mac.toString('base64url').slice(0, -1)}_`;
    },
    'a counter of zero': (ring) => {
      ring['counter'] = 0;
    },
    'a counter in text': (ring) => {
      ring['counter'] = '9';
    },
    'a fractional counter': (ring) => {
      ring['counter'] = 1.5;
    },
    'a short ring name': (ring) => {
      ring['ring'] = 'AAAA';
    },
    'a guard in text': (ring) => void Object.assign(ring, { guard: 'AAAA' }),
    'a guard without bytes': (ring) => {
      ring.guard['wrapped'] = null;
    },
    'keys that are no list': (ring) => void Object.assign(ring, { keys: {} }),
    'a key that is null': (ring) => void Object.assign(ring, { keys: [null] }),
    'an id of zero': (ring) => {
      ring.keys[0]!['id'] = 0;
    },
    'an id beyond 32 bits': (ring) => {
      ring.keys[0]!['id'] = 2 ** 32;
    },
    'an id twice': (ring) => {
      ring.keys[1]!['id'] = key.id;
    },
    'two active keys of a purpose': (ring) => void ring.keys.push({ ...ring.keys[0], id: 8 }),
    'an unknown purpose': (ring) => {
      ring.keys[0]!['purpose'] = 'marketing';
    },
    'an unknown state': (ring) => {
      ring.keys[0]!['state'] = 'asleep';
    },
    'a date that is none': (ring) => {
      ring.keys[0]!['created'] = '2026-13-45T00:00:00.000Z';
    },
    'a date of another form': (ring) => {
      ring.keys[0]!['created'] = '22 November 2026';
    },
    'an active key without bytes': (ring) => {
      ring.keys[0]!['wrapped'] = null;
    },
    'a destroyed key with bytes': (ring) => {
      ring.keys[1]!['wrapped'] = ring.keys[0]!['wrapped'];
    },
  };
  it.each(Object.entries(defects))('refuses %s', (_what, change) => {
    expect(() => parseEdited(change)).toThrow(expect.objectContaining({ code: 'ERR_KEY_RING_INVALID' }));
  });

  it('says which member is wrong, and echoes nothing of it', () => {
    try {
      parseEdited((ring) => {
        ring.keys[0]!['purpose'] = 'ada@example.com';
      });
      expect.unreachable();
    } catch (error) {
      expect(isSafekeepError(error, 'ERR_KEY_RING_INVALID')).toBe(true);
      expect(String(error)).toContain('key 0: purpose');
      expect(String(error)).not.toContain('ada');
    }
  });
});
