export {
  type BreachedSignIn,
  type Credentials,
  createLogins,
  type Logins,
  type LoginsOptions,
  type ProvenSignIn,
  type SignInDecision,
} from './create-logins.js';
