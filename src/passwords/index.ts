export type { PasswordHash } from '../base/brands.js';
export type { Cost, CostOptions } from './cost.js';
export type { PasswordEngine, TagRequest } from './engine.js';
export type { Client, GateOptions } from './gate.js';
export type { LegacyChoice, LegacyScheme } from './legacy/schemes.js';
export {
  createPasswords,
  type HashContext,
  type Passwords,
  type PasswordsOptions,
  type Verified,
  type VerifyContext,
} from './passwords.js';
export type { Variant } from './phc.js';
export type { PasswordPlace } from './sealed.js';
export type { RulesOptions, Weakness, WeaknessContext } from './weaknesses.js';
export {
  type UnwrappedHashes,
  type WrapPasswordsOptions,
  type WrapProgress,
  type WrapReport,
  wrapPasswords,
} from './wrap-passwords.js';
