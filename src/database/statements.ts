/** Names for prepared statements, so that the server plans a repeated query once per connection. */
export interface Statements {
  /** undefined: send it unnamed. */
  nameFor(sql: string): string | undefined;
  /** The server's plan of this text is void; it gets another name next time. */
  forget(sql: string): void;
}

/** The server keeps every named statement until the connection ends: texts beyond the limit stay unnamed. */
export function createStatements(limit: number): Statements {
  const names = new Map<string, string>();
  let minted = 0;
  return {
    nameFor: (sql) => {
      const name = names.get(sql);
      if (name !== undefined || minted >= limit) return name;
      minted += 1;
      names.set(sql, `safekeep_${minted}`);
      return `safekeep_${minted}`;
    },
    forget: (sql) => {
      names.delete(sql);
    },
  };
}
