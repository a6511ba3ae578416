export type { DerivedKeys } from '../base/ports/derived-keys.js';
export type { KeySource } from '../base/ports/key-source.js';
export type { UnusedPlace, UnusedProof } from '../base/ports/unused-proof.js';
export { type AwsCredentials, type AwsKmsRootKeyOptions, awsKmsRootKey } from './aws-kms-root-key.js';
export type { KeyEndpointOptions } from './key-endpoint.js';
export { type KeyRing, openKeyRing } from './key-ring.js';
export {
  type BackupOptions,
  backupKeyRing,
  type CheckedBackup,
  checkKeyRingBackup,
  type RestoreOptions,
  restoreKeyRing,
} from './key-ring-backup.js';
export type { KeyInfo, KeyPurpose, KeyState, RingKey } from './key-state.js';
export { type Pkcs11RootKeyOptions, pkcs11RootKey } from './pkcs11-root-key.js';
export { type PseudonymEpochs, type PseudonymEpochsOptions, turnPseudonymEpochs } from './pseudonym-epochs.js';
export type { KeyRingOptions, KeyRingSettings } from './ring-options.js';
export { type FileRootKeyOptions, fileRootKey } from './root-key.js';
export type { TransitOptions } from './transit-client.js';
export { type VaultTransitRootKeyOptions, vaultTransitRootKey } from './vault-transit-root-key.js';
