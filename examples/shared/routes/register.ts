import { type Request, type Response, Router } from 'express';
import { formOf, type Problem, problem } from '../form.js';
import { fieldOf, isTicked, type Site } from '../site.js';

/** What is special about registering with one of the two. */
export interface RegisterOf {
  /** For the list beside the form: what is asked for, and what happens to it. */
  readonly reasons: readonly { readonly what: string; readonly how: string }[];
  /** Fields of the form beside those of the table and the box for the newsletter. */
  readonly extra?: readonly string[];
  /** What is wrong with them, and what of them the new row gets. */
  readonly read?: (body: unknown) => {
    readonly problems: readonly Problem[];
    readonly row: Readonly<Record<string, string>>;
  };
  /** What the page needs beside the form. */
  readonly data?: Readonly<Record<string, unknown>>;
}

/** Registration, in two steps: what is typed, and the proof that the mail address is theirs. */
export function registerRoutes({ keep, pages, people }: Site, own: RegisterOf): Router {
  const router = Router();
  const { reasons, extra = [] } = own;
  const intake = keep.policy.intake(people.table, { extra: ['newsletter', ...extra] });
  const data = { reasons, ...own.data };

  router.get('/register', async (req, res) => {
    await pages.send(req, res, {
      page: 'register',
      data,
      form: formOf(),
      json: { fields: intake.fields },
    });
  });

  router.post('/register', keep.accounts.limit, async (req, res) => {
    const body: unknown = req.body;
    const password = fieldOf(body, 'password');
    const more = own.read?.(body);
    const problems: readonly Problem[] = [
      ...intake.check(body).map(({ field, code, message }) => problem(field, code, message)),
      ...(await passwordProblems(password, fieldOf(body, 'email'), fieldOf(body, 'name'))),
      ...(more?.problems ?? []),
    ];
    if (problems.length > 0) {
      return await pages.refuse(req, res, { status: 422, page: 'register', data, problems, values: body });
    }
    const { password: _typed, ...typed } = intake.read(body);
    const row = { ...typed, ...more?.row };
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
