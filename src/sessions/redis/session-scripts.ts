import { type Script, script } from '../../redis/index.js';

/** Each over one key: a cluster has no two of them in one place. */
export const readSession: Script = script(`return redis.call('GET', KEYS[1])`);

export const writeSession: Script = script(`
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
`);

/** Writes over what is there, and nothing where it has been ended meanwhile: nobody is signed in again by being seen. */
export const rewriteSession: Script = script(`
local left = redis.call('PTTL', KEYS[1])
if left <= 0 then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', left)
return 1
`);

export const removeSession: Script = script(`return redis.call('DEL', KEYS[1])`);

/** The ids of an account's sessions, each until it ends, and the list as long as the longest of them. */
export const addToList: Script = script(`
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])
if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[2]) then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return 1
`);

export const readList: Script = script(`return redis.call('ZRANGE', KEYS[1], 0, -1)`);

export const removeFromList: Script = script(`return redis.call('ZREM', KEYS[1], ARGV[1])`);
