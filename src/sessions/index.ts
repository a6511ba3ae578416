export type { IoRedisClient, NodeRedisClient, RedisClient } from '../redis/index.js';
export {
  createSessions,
  type FreshOptions,
  maybeSessionOf,
  type OwnSession,
  type Session,
  type Sessions,
  type SessionsOptions,
  sessionOf,
} from './create-sessions.js';
export { type RedisSessionStoreOptions, redisSessionStore } from './redis/redis-session-store.js';
export { type ListedSession, type SessionStore, type StoredSession, sqlSessionStore } from './session-store.js';
export { owesFactor, rememberVerified, type VerifiedHow } from './verified.js';
