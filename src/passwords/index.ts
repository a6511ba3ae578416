export type { PasswordHash } from '../base/brands.js';
export {
  type BreachedFileOptions,
  type BreachedList,
  type BreachedListInfo,
  type BreachVerdict,
  breachedFile,
  commonPasswords,
} from './breached/breached-list.js';
export {
  type BreachedBuildOptions,
  type BreachedBuildProgress,
  type BreachedBuildReport,
  buildBreachedList,
} from './breached/build-list.js';
export type { FingerprintBits } from './breached/fuse-shape.js';
export { type CalibrateOptions, type CalibrateProgress, type Calibration, calibrate } from './calibrate.js';
export type { Cost, CostOptions } from './cost.js';
export type { EngineChoice, EngineName, PasswordEngine, TagRequest } from './engine.js';
export { type EngineReport, tryEngines } from './engines/open-engine.js';
export type { EngineTrial } from './engines/probe-engine.js';
export type { Client, GateOptions } from './gate.js';
export type { LegacyChoice, LegacyScheme } from './legacy/schemes.js';
export { passwordMeterScript } from './meter/script.js';
export type { BreachedOptions } from './new-password.js';
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
