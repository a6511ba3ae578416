import type { ErrorCode } from '../base/errors.js';

export interface ProblemType {
  readonly type: string;
  readonly title: string;
}

/**
 * Failures whose meaning is more than that of their status, for programs: a type of the draft RateLimit header fields
 * for HTTP, section "Problem Types". All others are `about:blank` (RFC 9457 section 4.2.1).
 */
export const problemTypes: ReadonlyMap<ErrorCode, ProblemType> = new Map([
  [
    'ERR_PASSWORD_BUSY',
    {
      type: 'https://iana.org/assignments/http-problem-types#temporary-reduced-capacity',
      title: 'Request cannot be satisfied due to temporary server capacity constraints',
    },
  ],
]);
