import { type Request, type Response, Router } from 'express';
import { formOf, type Problem, problem } from '../form.js';
import { fieldOf, isTicked, type Shop } from '../shop.js';

const reasons = [
  { what: 'Name and address', how: 'Sealed in the database. Opened for your account and to send your parcels.' },
  {
    what: 'E-mail address',
    how: 'Sealed, and found again by a keyed index, so that not even a search reads it. For your account, your orders, and the garden letter if you tick the box.',
  },
  { what: 'Telephone', how: 'Sealed. For your account and your orders only, never for offers, never for others.' },
  { what: 'Card', how: 'Sealed. Opened to take a payment. No page shows the whole number again.' },
  {
    what: 'Password',
    how: 'Not kept. What is kept is an argon2id hash of it, sealed under a key outside the database.',
  },
];

/** Registration, in two steps: what is typed, and the proof that the mail address is theirs. */
export function registerRoutes({ keep, pages }: Shop): Router {
  const router = Router();
  const intake = keep.policy.intake('customers', { extra: ['newsletter'] });

  router.get('/register', async (req, res) => {
    await pages.send(req, res, {
      page: 'register',
      data: { reasons },
      form: formOf(),
      json: { fields: intake.fields },
    });
  });

  router.post('/register', keep.accounts.limit, async (req, res) => {
    const body: unknown = req.body;
    const password = fieldOf(body, 'password');
    const problems: readonly Problem[] = [
      ...intake.check(body).map(({ field, code, message }) => problem(field, code, message)),
      ...(await passwordProblems(password, fieldOf(body, 'email'), fieldOf(body, 'name'))),
    ];
    if (problems.length > 0) {
      return await pages.refuse(req, res, { status: 422, page: 'register', data: { reasons }, problems, values: body });
    }
    const { password: _typed, ...row } = intake.read(body);
    // A box left alone is no choice: nothing is recorded of it.
    const preferences = isTicked(body, 'newsletter') ? ['newsletter'] : [];
    await keep.accounts.register({ row, password, extra: { preferences } }, req);
    keep.log.info({ registration: row }, 'registration taken');
    await checkMail(req, res);
  });

  /** The same words whether the address is new or known: only its owner learns which, by mail. */
  async function checkMail(req: Request, res: Response): Promise<void> {
    const lede = 'A mail is on its way to the address you gave. Open the link in it to finish.';
    await pages.send(req, res, {
      status: 202,
      page: 'check-mail',
      data: { lede, lines: ['The link works for 48 hours. If nothing comes, look among the unwanted mail.'] },
      json: { message: lede },
    });
  }

  async function passwordProblems(password: string, email: string, name: string): Promise<readonly Problem[]> {
    // A missing one is the intake's to tell.
    if (password.trim() === '') return [];
    const weaknesses = await keep.passwords.weaknesses(password, { email, words: name === '' ? [] : [name] });
    return weaknesses.map(({ code, message }) => problem('password', code, message));
  }
  return router;
}
