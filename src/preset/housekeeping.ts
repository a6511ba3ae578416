export interface Housekeeping {
  /** One task more, at once and then with the others. Resolves after its first run, also where that failed. */
  add(task: () => Promise<unknown>): Promise<void>;
  /** No new round; resolves when the present one is over. */
  stop(): Promise<void>;
}

/** Deletes what has expired: at once, then every ten minutes until it is stopped. It keeps no process alive. */
export function housekeeping(
  given: readonly (() => Promise<unknown>)[],
  onError: (error: unknown) => void,
): Housekeeping {
  const tasks = [...given];
  let running: Promise<void> = Promise.resolve();
  async function sweep(round: readonly (() => Promise<unknown>)[]): Promise<void> {
    // A task that throws before it has a promise is a failed task too.
    for (const task of round) await Promise.resolve().then(task).catch(onError);
  }
  function start(round: readonly (() => Promise<unknown>)[]): Promise<void> {
    running = running.then(() => sweep(round));
    return running;
  }
  void start(given);
  const timer = setInterval(() => void start([...tasks]), 600_000);
  timer.unref();
  return {
    add(task) {
      tasks.push(task);
      return start([task]);
    },
    async stop() {
      clearInterval(timer);
      await running;
    },
  };
}
