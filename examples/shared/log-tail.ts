/** Where the log goes, and for development what of it belongs to one customer. */
export interface LogTail {
  write(line: string): void;
  /** The last lines that name this account, newest first, exactly as they were written. */
  of(account: string): readonly string[];
}

/** Passes every line on and remembers the last ones. What it remembers has been through the redactor already. */
export function createLogTail(pass: (line: string) => void, keep = 2000): LogTail {
  const lines: string[] = [];
  return Object.freeze({
    write(line: string) {
      pass(line);
      lines.push(line.trimEnd());
      if (lines.length > keep) lines.splice(0, lines.length - keep);
    },
    of: (account: string) =>
      lines
        .filter((line) => line.includes(account))
        .slice(-12)
        .reverse(),
  });
}
