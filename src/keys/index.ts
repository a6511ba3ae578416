export type { DerivedKeys } from '../base/ports/derived-keys.js';
export type { KeySource } from '../base/ports/key-source.js';
export type { UnusedPlace, UnusedProof } from '../base/ports/unused-proof.js';
export { type AwsCredentials, type AwsKmsRootKeyOptions, awsKmsRootKey } from './aws-kms-root-key.js';
export { type KeyRing, type KeyRingOptions, openKeyRing } from './key-ring.js';
export type { KeyServiceOptions } from './key-service.js';
export type { KeyInfo, KeyPurpose, KeyState, RingKey } from './key-state.js';
export { type FileRootKeyOptions, fileRootKey } from './root-key.js';
export { type VaultTransitRootKeyOptions, vaultTransitRootKey } from './vault-transit-root-key.js';
