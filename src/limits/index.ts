export type { IoRedisClient, NodeRedisClient, RedisClient } from '../redis/index.js';
export { type AttemptFailure, type AttemptSuccess, attemptOf, type LoginAttempt } from './attempt.js';
export type {
  CounterHold,
  CounterOutcome,
  CounterPlace,
  CounterRule,
  CounterSettlement,
  Counters,
  WhenDown,
} from './counters.js';
export { createDevices, type Device, type Devices, type DevicesOptions } from './devices.js';
export { type LoginLimitOptions, loginLimit } from './login-limit.js';
export type { LoginLimits } from './login-rules.js';
export { type MemoryCounters, type MemoryCountersOptions, memoryCounters } from './memory-counters.js';
export type { RateLimitStore, StoreHits } from './rate-limit-store.js';
export { type RedisCounters, type RedisCountersOptions, redisCounters } from './redis/redis-counters.js';
export { type RequestLimitOptions, requestLimit } from './request-limit.js';
export {
  createSignals,
  type Signal,
  type SignalKind,
  type Signals,
  type SignalsOptions,
  type Tried,
} from './signals/create-signals.js';
