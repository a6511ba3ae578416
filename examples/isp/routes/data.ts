import { Router } from 'express';
import { sessionOf } from 'safekeep/sessions';
import { fresh } from '../../shared/routes/prove.js';
import { dayOf } from '../../shared/site.js';
import { billsOf } from '../bills.js';
import type { Isp } from '../isp.js';
import { keptDays } from '../line-sessions.js';
import { subscriberOf } from '../subscribers.js';
import { topicsOf } from '../topics.js';
import { connectionsOf } from '../usage.js';

const words: Readonly<Record<string, string>> = {
  name: 'name',
  address: 'postal address',
  line_login: 'login of the line',
};

/** Everything that is held of a person, for that person: who was given it, and all of it as a file. */
export function dataRoutes(isp: Isp): Router {
  const { keep, database, pages } = isp;
  const router = Router();

  router.get('/account/data', keep.sessions.required, async (req, res) => {
    const handed = await keep.disclosures.of(sessionOf(req).account);
    const shown = handed.map(({ at, recipient, purpose, columns, partner }) => ({
      day: dayOf(at),
      who: partner === null ? recipient.replaceAll('_', ' ') : partner.replaceAll('_', ' '),
      purpose,
      what: columns.map((column) => words[column] ?? column).join(', '),
    }));
    await pages.send(req, res, { page: 'data', data: { handed: shown }, json: { handed_over: handed } });
  });

  // As with the line: a stolen session alone carries nothing away.
  router.post('/account/data', keep.sessions.fresh(fresh), async (req, res) => {
    const { account } = sessionOf(req);
    const { start_page: startPage, ...row } = await subscriberOf(isp, account);
    const { card_number: card, card_expiry: expiry } = await isp.people.payer(account);
    const held = {
      made: new Date(isp.nowMs()).toISOString(),
      declaration: keep.policy.digest,
      contact_and_identifiers: row,
      financial: { card_last4: String(card).slice(-4), card_expiry: expiry, bills: await billsOf(isp, account) },
      interests: topicsOf(startPage),
      connections: await connectionsOf(database, account, 10_000),
      choices: await database.query(
        `select purpose, channel, state, stated_at, received_at, method, notice from safekeep.preference_events
         where realm = 'subscribers' and account = $1 order by id`,
        [account],
      ),
      handed_over: await keep.disclosures.of(account, 10_000),
      withheld: {
        password: 'Nobody can read it, neither you here nor we.',
        card_number: 'Its last four digits are above; the whole of it is opened for a bill and nothing else.',
        line_secret: 'It was shown when it was made. Make another one on the page of your line.',
        line_addresses: `Sealed for requests of authorities, and gone ${keptDays(keep)} days after the connection. Write to us.`,
      },
    };
    keep.log.info({ account }, 'data handed to its owner');
    res.set('Content-Disposition', 'attachment; filename="harrow-net-my-data.json"');
    res.type('json').send(`${JSON.stringify(held, null, 2)}\n`);
  });
  return router;
}
