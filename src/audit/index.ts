export {
  createDisclosures,
  type Disclosure,
  type Disclosures,
  type DisclosuresOptions,
  type StoredDisclosure,
} from './disclosures.js';
export {
  type SqlSecurityEvents,
  type SqlSecurityEventsOptions,
  type StoredSecurityEvent,
  sqlSecurityEvents,
} from './sql-security-events.js';
