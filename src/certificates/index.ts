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
