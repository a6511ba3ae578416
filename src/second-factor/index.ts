export {
  createSecondFactor,
  type FactorSetup,
  type FactorTry,
  type PaidSignIn,
  type SecondFactor,
  type SecondFactorOptions,
} from './create-second-factor.js';
export type { FactorChange } from './mail-texts.js';
