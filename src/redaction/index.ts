export { type ConsoleLike, redactConsole } from './adapters/redact-console.js';
export { type LogRecordLike, type LogRecordRedactor, redactLogRecords } from './adapters/redact-log-records.js';
export { type MorganLike, redactMorgan } from './adapters/redact-morgan.js';
export { redactSink, type SinkLike } from './adapters/redact-sink.js';
export { type RedactStreamOptions, redactStream } from './adapters/redact-stream.js';
export { redactWinston, type WinstonLike } from './adapters/redact-winston.js';
export { type Canary, type CanaryFinding, type CanaryForm, canary } from './canary.js';
export { createRedactor, type Redactor, type RedactorLimits, type RedactorOptions } from './create-redactor.js';
export { type DescribeEdge, type EdgeFields, type EdgeOptions, edgeFields } from './edge/edge-fields.js';
export { morganEdge, type PinoHttpEdge, pinoHttpEdge } from './edge/edge-loggers.js';
export type { DataType, DetectorName, Finding } from './finding.js';
export type { TokenSource } from './key-rules.js';
export type { BlockFinding } from './lines/block-redactor.js';
export type { LineFinding } from './lines/line-finding.js';
export {
  type Loggable,
  type NotPersonal,
  notPersonal,
  type SecretValue,
  type StrictLog,
  type StrictLogMethod,
  strictLog,
  type UnclassifiedText,
  type UnknownValue,
} from './loggable.js';
export type { OwnPattern } from './patterns/own-patterns.js';
export { type PinoLike, redactPino } from './redact-pino.js';
