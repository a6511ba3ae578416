export {
  type BreachedSignIn,
  type Credentials,
  createLogins,
  type Logins,
  type LoginsOptions,
} from './create-logins.js';
