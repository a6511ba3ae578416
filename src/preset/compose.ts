import type { RequestHandler } from 'express';

/** Several middlewares as one, in order; an error of any goes to `next` once. */
export function compose(name: string, handlers: readonly RequestHandler[]): RequestHandler {
  const composed: RequestHandler = (req, res, next) => {
    function run(at: number): void {
      const handler = handlers[at];
      if (handler === undefined) {
        next();
        return;
      }
      const onward = (error?: unknown): void => {
        if (error === undefined || error === null) run(at + 1);
        else next(error);
      };
      try {
        const pending: unknown = handler(req, res, onward);
        if (pending instanceof Promise) pending.catch(next);
      } catch (failure) {
        next(failure);
      }
    }
    run(0);
  };
  Object.defineProperty(composed, 'name', { value: name });
  return composed;
}
