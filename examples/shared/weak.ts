import { SafekeepError } from 'safekeep/errors';
import { type Problem, problem } from './form.js';

/** What is weak about a refused new password, for its field; null when the error is another one. */
export function weakPassword(error: unknown): readonly Problem[] | null {
  if (!(error instanceof SafekeepError) || error.status !== 422) return null;
  const { codes, reasons } = error.facts;
  if (!Array.isArray(codes) || !Array.isArray(reasons))
    return [problem('password', 'refused', 'This password cannot be used.')];
  return reasons.map((reason, index) => problem('password', String(codes[index] ?? 'weak'), String(reason)));
}
