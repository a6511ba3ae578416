export {
  type DevelopmentCertificates,
  type DevelopmentCertificatesOptions,
  issueDevelopmentCertificates,
} from './issue-development-certificates.js';
export { readTlsPair, type TlsPair, type TlsPairSource } from './tls-pair.js';
