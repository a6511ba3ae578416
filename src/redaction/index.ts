export { createRedactor, type Redactor, type RedactorLimits, type RedactorOptions } from './create-redactor.js';
export type { DataType, DetectorName, Finding } from './finding.js';
export type { TokenSource } from './key-rules.js';
export { type PinoLike, redactPino } from './redact-pino.js';
