export {
  createSessions,
  maybeSessionOf,
  type Session,
  type Sessions,
  type SessionsOptions,
  sessionOf,
} from './create-sessions.js';
export { type SessionStore, type StoredSession, sqlSessionStore } from './session-store.js';
export { rememberVerified } from './verified.js';
