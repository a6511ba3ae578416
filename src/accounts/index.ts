export type { Account, Accounts } from '../base/ports/accounts.js';
export {
  type Confirmed,
  createRegistrations,
  type Registration,
  type Registrations,
  type RegistrationsOptions,
} from './registrations.js';
export { type SqlAccountsOptions, sqlAccounts } from './sql-accounts.js';
