export type { AcmeChallenges } from './acme/challenges.js';
export {
  type AcmeCertificates,
  type AcmeCertificatesOptions,
  createAcmeCertificates,
} from './acme/create-acme-certificates.js';
export type { AcmeFollowing, AcmeFollowOptions } from './acme/follow-acme.js';
export {
  type DevelopmentCertificates,
  type DevelopmentCertificatesOptions,
  issueDevelopmentCertificates,
} from './issue-development-certificates.js';
export {
  type IssuedPartnerCertificate,
  openPartnerRegister,
  type PartnerCertificate,
  type PartnerRegister,
  type PartnerRegisterOptions,
} from './partners/partner-register.js';
export { readTlsPair, type TlsPair, type TlsPairSource } from './tls-pair.js';
