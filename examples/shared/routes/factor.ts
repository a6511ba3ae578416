import { type Request, type Response, Router } from 'express';
import { SafekeepError } from 'safekeep/errors';
import type { FactorSetup } from 'safekeep/second-factor';
import { sessionOf } from 'safekeep/sessions';
import { formOf, type Problem, problem } from '../form.js';
import { fieldOf, type Site } from '../site.js';
import { fresh, freshForm } from './prove.js';

const wrongCode =
  'This code is not the one the app shows now. Wait for the next one, and see that the clock of the phone is right.';
const wrongProof = 'The password or the code is wrong. A code counts once: wait for the next one.';
const tooWeak =
  'Without the second step your password would stand alone, and it is too weak for that. Choose another one on the page Password first.';

/** The second step of signing in: setting it up, its recovery codes, turning it off. */
export function factorRoutes(site: Site): Router {
  const { keep, pages, people, noteOf } = site;
  const { secondFactor, sessions, logins } = keep;
  const router = Router();

  async function stateOf(account: string) {
    const on = await secondFactor.isOn(account);
    return { on, codesLeft: on ? await secondFactor.codesLeft(account) : 0 };
  }
  const labelOf = async (account: string): Promise<string> => String((await people.known(account)).email);

  router.get('/account/factor', sessions.required, async (req, res) => {
    const state = await stateOf(sessionOf(req).account);
    await pages.send(req, res, { page: 'factor', data: { state }, form: formOf(), note: noteOf(req), json: state });
  });

  // GET changes nothing: the secret is made by the button, and looked at afterwards.
  router.post('/account/factor/setup', sessions.fresh(fresh), async (req, res) => {
    const { account } = sessionOf(req);
    const setup = await secondFactor.begin(account, await labelOf(account));
    keep.log.info({ account }, 'a second step was begun');
    pages.done(req, res, { to: '/account/factor/setup', status: 201, json: setup });
  });

  async function showSetup(req: Request, res: Response, setup: FactorSetup, problems: readonly Problem[] = []) {
    const page = { page: 'factor-setup', data: { setup } };
    if (problems.length > 0) return await pages.refuse(req, res, { ...page, status: 422, problems });
    await pages.send(req, res, { ...page, form: formOf(), json: setup });
  }

  router.get('/account/factor/setup', sessions.fresh(freshForm), async (req, res) => {
    const { account } = sessionOf(req);
    const setup = await secondFactor.pending(account, await labelOf(account));
    if (setup === null) return pages.done(req, res, { to: '/account/factor', status: 404, json: { setup } });
    await showSetup(req, res, setup);
  });

  router.post('/account/factor', sessions.fresh(freshForm), async (req, res) => {
    const { account } = sessionOf(req);
    const codes = await secondFactor.confirm(req, account, fieldOf(req.body, 'code'));
    if (codes === null) {
      const setup = await secondFactor.pending(account, await labelOf(account));
      if (setup === null) return pages.done(req, res, { to: '/account/factor', status: 404, json: { setup } });
      return await showSetup(req, res, setup, [ofCode(wrongCode)]);
    }
    await sessions.start(req, res, account);
    keep.log.info({ account }, 'the second step is on');
    await showCodes(req, res, codes, 'The second step is on. Every other device is signed out.');
  });

  router.post('/account/factor/codes', sessions.fresh(freshForm), async (req, res) => {
    const { account } = sessionOf(req);
    const codes = await secondFactor.newCodes(account);
    if (codes === null) return pages.done(req, res, { to: '/account/factor', status: 404, json: { codes } });
    keep.log.info({ account }, 'recovery codes were replaced');
    await showCodes(req, res, codes, 'These are new recovery codes. The old ones are worth nothing now.');
  });

  /** This once: nothing of ours can show them again, and the page is kept nowhere. */
  async function showCodes(req: Request, res: Response, codes: readonly string[], line: string): Promise<void> {
    const note = { tone: 'good', lines: [line], announce: true } as const;
    await pages.send(req, res, { page: 'recovery-codes', data: { codes }, note, json: { codes } });
  }

  router.post('/account/factor/off', sessions.required, logins.changeLimit, async (req, res) => {
    const { account } = sessionOf(req);
    const proof = { password: fieldOf(req.body, 'password'), code: fieldOf(req.body, 'code') };
    const refuse = async (status: number, problems: readonly Problem[]): Promise<void> =>
      await pages.refuse(req, res, { status, page: 'factor', data: { state: await stateOf(account) }, problems });
    try {
      if (!(await secondFactor.turnOff(req, account, proof)))
        return await refuse(403, [problem('', 'refused', wrongProof)]);
    } catch (error) {
      if (!(error instanceof SafekeepError) || error.code !== 'ERR_PASSWORD_WEAK') throw error;
      return await refuse(422, [problem('password', 'weak', tooWeak)]);
    }
    await sessions.start(req, res, account);
    keep.log.info({ account }, 'the second step is off');
    pages.done(req, res, { to: '/account/factor?done=factor-off', json: { on: false } });
  });
  return router;
}

/** Beside the field, in its own words: the label in the list of problems is that of a mailed code. */
function ofCode(message: string): Problem {
  return { field: 'code', code: 'refused', message, summary: message };
}
