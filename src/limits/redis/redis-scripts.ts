import { type Script, script } from './redis-client.js';

/**
 * A counter is one text under one key: places, end of the window, end of the wait (both in the server's milliseconds),
 * and the name of the window. The server's clock counts, so that processes whose clocks differ agree.
 */
const reading = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local function read(value)
  if not value then return 0, 0, 0, '' end
  local count, reset, lock, window = string.match(value, '^(%d+) (%d+) (%d+) (%S+)$')
  if not count or tonumber(reset) <= now then return 0, 0, 0, '' end
  return tonumber(count), tonumber(reset), tonumber(lock), window
end
local function write(key, count, reset, lock, window)
  redis.call('SET', key, string.format('%d %d %d %s', count, reset, lock, window), 'PX', math.max(1, reset - now))
end
`;

/**
 * ARGV: the name of a window that begins now, then per key its rule: what a full one does (r, h or c), limit, window,
 * first wait, longest wait. Gives which key refused (0: none), whether one that hides refused, the wait, and per key its
 * places, milliseconds to the window's end, the end of its wait and its window.
 */
export const reserveScript: Script = script(`${reading}
local values = redis.call('MGET', unpack(KEYS))
local found, answer, hidden, longest = {}, {0, 0, 0}, 0, 0
local function say(i, count, reset, lock, window)
  local at = i * 4
  answer[at], answer[at + 1], answer[at + 2], answer[at + 3] = count, math.max(0, reset - now), tostring(lock), window
end
for i = 1, #KEYS do
  local over, limit, span, first, most = string.match(ARGV[i + 1], '^(%a) (%d+) (%d+) (%d+) (%d+)$')
  limit, first = tonumber(limit), tonumber(first)
  local count, reset, lock, window = read(values[i])
  local wait = 0
  if over ~= 'c' then
    if first > 0 then wait = math.max(0, lock - now) elseif count >= limit then wait = reset - now end
  end
  say(i, count, reset, string.format('%d', lock), window)
  if wait > 0 and over == 'r' then
    answer[1], answer[3] = i, wait
    return answer
  end
  if wait > 0 then hidden, longest = 1, math.max(longest, wait) end
  found[i] = {wait > 0, limit, tonumber(span), first, tonumber(most), count, reset, window}
end
for i = 1, #KEYS do
  local over, limit, span, first, most, count, reset, window = unpack(found[i])
  if over then
    say(i, -1, 0, '0', '')
  else
    if window == '' then reset, window = now + span, ARGV[1] end
    count = count + 1
    local lock = 0
    if first > 0 then
      local wait = 0
      if count >= limit then wait = math.min(most, first * 2 ^ math.min(count - limit, 31)) end
      reset = now + wait + span
      if wait > 0 then lock = now + wait end
    end
    write(KEYS[i], count, reset, lock, window)
    say(i, count, reset, string.format('%d', lock), window)
  end
end
answer[2], answer[3] = hidden, longest
return answer
`);

/** ARGV per key: what to do (return or clear), limit, window, end of the wait. */
export const settleScript: Script = script(`${reading}
for i = 1, #KEYS do
  local what, limit, mine, lockMark = string.match(ARGV[i], '^(%a+) (%d+) (%S+) (%d+)$')
  local count, reset, lock, window = read(redis.call('GET', KEYS[i]))
  if window == mine then
    if what == 'clear' then
      redis.call('DEL', KEYS[i])
    else
      count = math.max(0, count - 1)
      if count < tonumber(limit) or lock == tonumber(lockMark) then lock = 0 end
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
