/** Deletes what has expired: at once, then every ten minutes until it is stopped. It keeps no process alive. */
export function housekeeping(
  tasks: readonly (() => Promise<unknown>)[],
  onError: (error: unknown) => void,
): () => Promise<void> {
  let running: Promise<void> = Promise.resolve();
  async function sweep(): Promise<void> {
    for (const task of tasks) await task().catch(onError);
  }
  function start(): void {
    running = running.then(sweep);
  }
  start();
  const timer = setInterval(start, 600_000);
  timer.unref();
  return async () => {
    clearInterval(timer);
    await running;
  };
}
