import { Router } from 'express';
import { maybeSessionOf, sessionOf } from 'safekeep/sessions';
import { formOf, problem } from '../../shared/form.js';
import { fieldOf } from '../../shared/site.js';
import { choiceOf, mayServe, offers, saysNo } from '../choices.js';
import type { Isp } from '../isp.js';
import { subscriberOf } from '../subscribers.js';
import { readTopics, topics, topicsOf } from '../topics.js';

/** What a person decides about, and the start page that one of the decisions is for. */
export function choiceRoutes(isp: Isp): Router {
  const { keep, database, pages, noteOf } = isp;
  const router = Router();

  async function dataOf(account: string) {
    const choices = await Promise.all(offers.map((offer) => choiceOf(keep, account, offer)));
    // Their own words, to see and to change: for that the purpose `account` opens them.
    const chosen = topicsOf((await subscriberOf(isp, account)).start_page);
    return { choices, topics: topics.map(({ id, name }) => ({ id, name, chosen: chosen.includes(id) })), chosen };
  }

  router.get('/account/choices', keep.sessions.required, async (req, res) => {
    const data = { ...(await dataOf(sessionOf(req).account)), browserSaysNo: saysNo(req) };
    const json = { choices: data.choices.map(({ purpose, on, said }) => ({ purpose, on, said })), topics: data.chosen };
    await pages.send(req, res, { page: 'choices', data, form: formOf(), note: noteOf(req), json });
  });

  // A dated event each time, none overwritten: the latest counts, and on the same date the no.
  router.post('/account/choices', keep.sessions.required, async (req, res) => {
    const { account } = sessionOf(req);
    const offer = offers.find(({ purpose }) => purpose === fieldOf(req.body, 'purpose'));
    const said = { yes: 'granted', no: 'denied' } as const;
    const word = fieldOf(req.body, 'choice');
    if (offer === undefined || (word !== 'yes' && word !== 'no')) {
      const problems = [problem('', 'malformed', 'Please say yes or no to one of these.')];
      return await pages.refuse(req, res, { status: 422, page: 'choices', data: await dataOf(account), problems });
    }
    const { purpose, channel } = offer;
    await keep.preferences.record({ account, purpose, channel, state: said[word], method: 'account page' });
    keep.log.info({ account, purpose, state: said[word] }, 'choice recorded');
    pages.done(req, res, { to: `/account/choices?done=choice-${word}`, json: { purpose, state: said[word] } });
  });

  router.post('/account/choices/topics', keep.sessions.required, async (req, res) => {
    const { account } = sessionOf(req);
    const chosen = readTopics(req.body);
    if (chosen === null) {
      const problems = [problem('', 'malformed', 'Please choose from the list.')];
      return await pages.refuse(req, res, { status: 422, page: 'choices', data: await dataOf(account), problems });
    }
    await keep.fields.updateRow('subscribers', { id: account }, { start_page: chosen }, { database });
    keep.log.info({ account }, 'start page changed');
    pages.done(req, res, { to: '/account/choices?done=topics', json: { topics: chosen } });
  });

  router.get('/start', async (req, res) => {
    const account = maybeSessionOf(req)?.account;
    // Asked before the row is opened: an objection stops the use, not only what is shown of it.
    const personal = account !== undefined && (await mayServe(keep, req, account, 'personalization'));
    const chosen = personal ? await chosenFor(account) : [];
    const shown = chosen.length === 0 ? topics : topics.filter(({ id }) => chosen.includes(id));
    res.vary('Sec-GPC');
    await pages.send(req, res, {
      page: 'start',
      data: { topics: shown, personal: chosen.length > 0 },
      json: { personal: chosen.length > 0, topics: shown.map(({ id }) => id) },
    });
  });

  async function chosenFor(account: string): Promise<readonly string[]> {
    const stored = await database.one('select id, start_page from subscribers where id = $1', [account]);
    return topicsOf(keep.fields.openRow('subscribers', stored, 'personalization').reveal().start_page);
  }
  return router;
}
