import { normalisers } from '../fields/normalise.js';

/** No login is as long as that, and folding is work that a stranger could order by the megabyte. */
const mostCharacters = 1024;

/**
 * One account, one counter, however its name is spelt: first as the index of accounts folds it, or every spelling that
 * finds the same account (`ada@example.com`, `ada@example.com/1`) would be a counter of its own. A body without a login
 * counts too; all that are too long share one counter, because cut at different places one account would have many.
 */
export function foldLogin(login: unknown): string {
  if (typeof login !== 'string') return '';
  if (login.length > mostCharacters) return '(long)';
  return normalisers['email/1'](login).normalize('NFKC').toLowerCase();
}
