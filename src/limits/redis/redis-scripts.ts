import { type Script, script } from '../../redis/index.js';
import type { CounterRule } from '../counters.js';

/**
 * A counter is 32 bytes under one key: places, end of the window, end of the wait, and the window's name, which is the
 * microsecond it began in; all as the server's clock has them, so that processes whose clocks differ agree.
 */
const reading = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local function read(value)
  if not value or #value ~= 32 then return 0, 0, 0, 0 end
  local count, reset, lock, window = struct.unpack('<dddd', value)
  if reset <= now then return 0, 0, 0, 0 end
  return count, reset, lock, window
end
local function write(key, count, reset, lock, window)
  redis.call('SET', key, struct.pack('<dddd', count, reset, lock, window), 'PX', math.max(1, reset - now))
end
`;

/**
 * Takes a place under each key, or none. The rules are written into the script as numbers and the keys unrolled: a
 * script that reads its rules from arguments takes several times as long. There are as many scripts as lists of rules.
 * Gives which key refused (0: none), whether one that hides refused, the wait, and per key its places (-1: none taken),
 * milliseconds to the window's end, the end of its wait, and its window.
 */
export function reserveScriptOf(rules: readonly CounterRule[]): Script {
  const upTo = (last: number): string =>
    rules
      .slice(0, last)
      .map((_, at) => `c${at + 1}, r${at + 1} - now, l${at + 1}, w${at + 1}`)
      .join(', ');
  const checks = rules.map((rule, at) => {
    const i = at + 1;
    const isFull = rule.backoff === undefined ? `c${i} >= ${placesOf(rule)}` : `l${i} > now`;
    const wait = rule.backoff === undefined ? `r${i} - now` : `l${i} - now`;
    if (rule.over === 'count') return '';
    if (rule.over === 'refuse') return `if w${i} > 0 and ${isFull} then return {${i}, 0, ${wait}, ${upTo(i)}} end`;
    return `if w${i} > 0 and ${isFull} then h${i} = true hidden = 1 longest = math.max(longest, ${wait}) end`;
  });
  const takes = rules.map((rule, at) => {
    const i = at + 1;
    const { backoff, windowMs, over } = rule;
    const begin = `if w${i} == 0 then r${i} = now + ${windowMs} w${i} = us end c${i} = c${i} + 1`;
    const wait =
      backoff === undefined
        ? ''
        : `l${i} = 0 local t${i} = 0
  if c${i} >= ${placesOf(rule)} then
    t${i} = math.min(${backoff.mostMs}, ${backoff.firstMs} * 2 ^ math.min(c${i} - ${placesOf(rule)}, 31)) l${i} = now + t${i}
  end
  r${i} = now + t${i} + ${windowMs}`;
    // The value says when its window ends; the key lives at least as long, so that its end is a text and no sum.
    const livesMs = windowMs + (backoff?.mostMs ?? 0);
    const take = `${begin} ${wait} call('PSETEX', KEYS[${i}], '${livesMs}', pack('<dddd', c${i}, r${i}, l${i}, w${i}))`;
    return over === 'hide' ? `if h${i} then c${i}, r${i}, l${i}, w${i} = -1, now, 0, 0 else ${take} end` : take;
  });
  const reads = rules.map((_, at) => {
    const i = at + 1;
    return `local h${i} local v${i}, c${i}, r${i}, l${i}, w${i} = values[${i}], 0, 0, 0, 0
if v${i} and #v${i} == 32 then c${i}, r${i}, l${i}, w${i} = unpack('<dddd', v${i}) if r${i} <= now then c${i}, r${i}, l${i}, w${i} = 0, 0, 0, 0 end end`;
  });
  return script(`
local call, pack, unpack = redis.call, struct.pack, struct.unpack
local time = call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local us = time[1] * 1000000 + time[2]
local hidden, longest = 0, 0
local values = call('MGET', ${rules.map((_, at) => `KEYS[${at + 1}]`).join(', ')})
${reads.join('\n')}
${checks.join('\n')}
${takes.join('\n')}
return {0, hidden, longest, ${upTo(rules.length)}}
`);
}

/** Beyond what a double counts exactly nothing is ever full. */
function placesOf({ limit }: CounterRule): number {
  return Math.min(limit, Number.MAX_SAFE_INTEGER);
}

/** Four ARGV per key: 1 to clear or 0 to return, limit, window, end of the wait. */
export const settleScript: Script = script(`${reading}
for i = 1, #KEYS do
  local at = i * 4 - 3
  local count, reset, lock, window = read(redis.call('GET', KEYS[i]))
  if window > 0 and window == tonumber(ARGV[at + 2]) then
    if ARGV[at] == '1' then
      redis.call('DEL', KEYS[i])
    else
      count = math.max(0, count - 1)
      if count < tonumber(ARGV[at + 1]) or lock == tonumber(ARGV[at + 3]) then lock = 0 end
      write(KEYS[i], count, reset, lock, window)
    end
  end
end
return 1
`);

/** For express-rate-limit: one place back in whatever window runs; never below zero, never a key without an end. */
export const decrementScript: Script = script(`${reading}
local count, reset, lock, window = read(redis.call('GET', KEYS[1]))
if count > 0 then write(KEYS[1], count - 1, reset, lock, window) end
return 1
`);

export const readScript: Script = script(`${reading}
local count, reset = read(redis.call('GET', KEYS[1]))
return {count, math.max(0, reset - now)}
`);

export const removeScript: Script = script(`return redis.call('DEL', KEYS[1])`);
