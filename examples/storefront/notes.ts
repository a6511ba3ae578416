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
  'factor-off': 'The second step is off. Every other device is signed out.',
  late: 'The sign-in took longer than ten minutes, or was finished already. Please sign in once more.',
  ordered: 'Thank you. Your order is placed.',
  'letter-granted': 'The garden letter will come to you.',
  'letter-denied': 'The garden letter will not come any more.',
};

/** The sentence after a redirect. The address carries one of these words and nothing of the person. */
export function noteOf(req: Request): Note | undefined {
  const done = req.query['done'];
  const line = typeof done === 'string' && Object.hasOwn(notes, done) ? notes[done] : undefined;
  if (line === undefined) return undefined;
  return { tone: done === 'breached' ? 'warn' : 'good', lines: [line], announce: true };
}
