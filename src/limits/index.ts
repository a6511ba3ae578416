export { attemptOf, type LoginAttempt } from './attempt.js';
export { type LoginLimitOptions, loginLimit } from './login-limit.js';
export { type RequestLimitOptions, requestLimit } from './request-limit.js';
