/** What the toolkit needs of a logger: pino's six levels. */
export interface LogMethod {
  (fields: object, message?: string): void;
  (message: string): void;
}
export interface Log {
  readonly fatal: LogMethod;
  readonly error: LogMethod;
  readonly warn: LogMethod;
  readonly info: LogMethod;
  readonly debug: LogMethod;
  readonly trace: LogMethod;
}
