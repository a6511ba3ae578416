export {
  type IoRedisClient,
  type NodeRedisClient,
  type RedisClient,
  type Script,
  type Scripts,
  script,
} from './redis-client.js';
export { type RedisLink, redisLink } from './redis-link.js';
