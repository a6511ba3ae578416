/** How a column's values are sealed; the policy fixes it per column, and what another suite made is refused there. */
export type FieldSuite = 'kc-xaes-256-gcm' | 'xaes-256-gcm';
export const defaultSuite: FieldSuite = 'kc-xaes-256-gcm';

/** The second byte of every sealed value. Frozen: docs/formats.md. */
export const suites = {
  'kc-xaes-256-gcm': 0x01,
  'xaes-256-gcm': 0x02,
  row: 0x11,
  stream: 0x21,
} as const;
export type SuiteByte = (typeof suites)[keyof typeof suites];
