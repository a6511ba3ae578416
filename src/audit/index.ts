export {
  type SqlSecurityEvents,
  type SqlSecurityEventsOptions,
  type StoredSecurityEvent,
  sqlSecurityEvents,
} from './sql-security-events.js';
