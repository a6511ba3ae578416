import type { Options, Store } from 'express-rate-limit';
import type { CounterRule } from './counters.js';

/** What express-rate-limit asks of a store, with nothing left out that it may call. */
export interface RateLimitStore extends Required<Pick<Store, 'init' | 'increment' | 'decrement' | 'resetKey' | 'get'>> {
  readonly prefix: string;
  readonly localKeys: boolean;
}
/** What a store says of a key. */
export interface StoreHits {
  readonly totalHits: number;
  readonly resetTime: Date;
}

/** The rule of a store until `init` says otherwise; express-rate-limit's own defaults. */
export const firstStoreRule: CounterRule = { name: 'store', limit: 5, windowMs: 60_000, over: 'count' };

/** It counts on past the limit, and the middleware refuses; the limit says only from when on a counter must be kept. */
export function storeRule({ windowMs, limit }: Options): CounterRule {
  const known = typeof limit === 'number' ? limit : Number.POSITIVE_INFINITY;
  return { ...firstStoreRule, windowMs, limit: known };
}
