/**
 * Every refusal of the toolkit: its code, the HTTP status it earns and one fixed sentence. docs/errors.md says of each
 * when it happens, who caused it and what to do; a test holds this table, that page and the tests together.
 * Status 500 marks what is wrong with the set-up or the server; a client is told nothing but the status.
 */
export const errorCodes = {
  // base
  ERR_OPTION_UNKNOWN: [500, 'An option has a name that is not known'],
  ERR_OPTION_MISSING: [500, 'A required option is missing'],
  ERR_OPTION_INVALID: [500, 'An option has a value that is not accepted'],
  ERR_PEER_MISSING: [500, 'An optional package that this feature uses is not installed'],
  ERR_NATIVE_MODULE: [500, 'A native module does not load on this machine'],
  // http
  ERR_PROXY_TRUST: [500, 'A proxy list would let strangers speak for the proxy'],
  ERR_ADDRESS_INVALID: [500, 'A text is not an IP address'],
  ERR_COOKIE_INVALID: [500, 'A cookie has a name, value or path that a browser would refuse'],
} as const;

export type ErrorCode = keyof typeof errorCodes;
