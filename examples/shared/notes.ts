import type { Request } from 'express';
import type { Note } from './views.js';

const notes: Readonly<Record<string, string>> = {
  confirmed: 'Your address is confirmed and you are signed in. Welcome.',
  corrected: 'Your corrections are saved.',
  card: 'The new card is saved.',
  breached:
    'The password you signed in with is in a list of stolen passwords, which others may try. Choose another one here.',
  password: 'Your password is changed. Every other device is signed out.',
  device: 'That device is signed out.',
  address: 'Your new e-mail address is set. You sign in with it from now on, and every other device is signed out.',
  'factor-off': 'The second step is off. Every other device is signed out.',
  late: 'The sign-in took longer than ten minutes, or was finished already. Please sign in once more.',
};

/** The sentence after a redirect. The address carries one of these words, or one of `own`, and nothing of the person. */
export function noteOf(req: Request, own: Readonly<Record<string, string>>): Note | undefined {
  const done = req.query['done'];
  const known = { ...notes, ...own };
  const line = typeof done === 'string' && Object.hasOwn(known, done) ? known[done] : undefined;
  if (line === undefined) return undefined;
  return { tone: done === 'breached' ? 'warn' : 'good', lines: [line], announce: true };
}
