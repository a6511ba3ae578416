import { createRequire } from 'node:module';
import type { Request, RequestHandler, Response, Router } from 'express';
import { wantsJson } from '../transport/negotiate.js';

/** A router for pages that take a mailed code: no cache keeps them, no Referer names them, and they read small bodies. */
export function codeRouter(paths: readonly string[]): {
  readonly router: Router;
  readonly body: readonly RequestHandler[];
} {
  const express = createRequire(import.meta.url)('express') as typeof import('express');
  const router = express.Router();
  router.use([...paths], (_req, res, next) => {
    res.setHeader('Cache-Control', 'no-store');
    res.setHeader('Referrer-Policy', 'no-referrer');
    res.setHeader('X-Robots-Tag', 'noindex');
    next();
  });
  return { router, body: [express.urlencoded({ extended: false, limit: '8kb' }), express.json({ limit: '8kb' })] };
}

/** Sets the status of a refusal and, for programs, answers it. True: it was answered. */
export function answerProblem(
  req: Request,
  res: Response,
  status: number,
  codes: readonly string[],
  title: string | undefined,
): boolean {
  res.status(status);
  if (!wantsJson(req)) return false;
  res.type('application/problem+json').json({ type: 'about:blank', title, status, codes });
  return true;
}

/** A field of the body as text; anything else counts as empty. */
export function fieldOf(req: Request, name: string): string {
  const body: unknown = req.body;
  const value =
    typeof body === 'object' && body !== null && Object.hasOwn(body, name)
      ? (body as Record<string, unknown>)[name]
      : '';
  return typeof value === 'string' ? value : '';
}
