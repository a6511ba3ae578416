import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { saysNo } from '../../examples/isp/choices.js';
import { type Agent, grace, openIsp, type TestIsp } from './isp.js';

const dayMs = 86_400_000;
let isp: TestIsp;
beforeAll(async () => {
  isp = await openIsp();
});
afterAll(() => isp.close());

const said = async (member: Agent, purpose: string) => {
  const { choices } = (await member.get('/account/choices').expect(200)).body;
  return choices.find((choice: { purpose: string }) => choice.purpose === purpose);
};
const start = async (member: Agent, headers: Record<string, string> = {}) =>
  (await member.get('/start').set(headers).expect(200)).body;

describe('choices', () => {
  it('begin as the policy says: what needs a yes is off, what may be refused is on, and nothing is recorded', async () => {
    const member = await isp.member('begin@example.com');
    for (const purpose of ['newsletter', 'partner_offers'])
      expect(await said(member, purpose)).toMatchObject({ on: false, said: 'unset' });
    expect(await said(member, 'personalization')).toMatchObject({ on: true, said: 'unset' });
    const events = await isp.database.query('select 1 from safekeep.preference_events where account = $1', [
      await isp.idOf(member),
    ]);
    expect(events).toEqual([]);
  });

  it('are decided by the latest date, in whatever order the words arrive, and on one date by the no', async () => {
    const member = await isp.member('dated@example.com');
    const account = await isp.idOf(member);
    const letter = (state: 'granted' | 'denied', statedAtMs: number) =>
      isp.parts.keep.preferences.record({
        account,
        purpose: 'newsletter',
        channel: 'email',
        state,
        statedAtMs,
        method: 'letter',
      });
    await member.post('/account/choices').send({ purpose: 'newsletter', choice: 'no' }).expect(200);
    // A letter that was written before arrives after it.
    await letter('granted', isp.clock.ms - 3 * dayMs);
    expect(await said(member, 'newsletter')).toMatchObject({ on: false, said: 'denied' });
    await letter('granted', isp.clock.ms);
    expect(await said(member, 'newsletter')).toMatchObject({ on: false, said: 'denied' });
    isp.clock.ms += 1000;
    await member.post('/account/choices').send({ purpose: 'newsletter', choice: 'yes' }).expect(200);
    expect(await said(member, 'newsletter')).toMatchObject({ on: true, said: 'granted' });
    // One that claims to be written tomorrow outlives no later word.
    await letter('granted', isp.clock.ms + 30 * dayMs);
    isp.clock.ms += 1000;
    await member.post('/account/choices').send({ purpose: 'newsletter', choice: 'no' }).expect(200);
    expect(await said(member, 'newsletter')).toMatchObject({ on: false, said: 'denied' });
  });

  it('are about what is offered and are a yes or a no', async () => {
    const member = await isp.member('odd@example.com');
    for (const send of [
      { purpose: 'analytics', choice: 'yes' },
      { purpose: 'account', choice: 'no' },
      { purpose: 'newsletter', choice: 'perhaps' },
      { purpose: 'newsletter', choice: 'constructor' },
      {},
    ])
      await member.post('/account/choices').send(send).expect(422);
    await member
      .post('/account/choices')
      .set('Sec-Fetch-Site', 'cross-site')
      .send({ purpose: 'newsletter', choice: 'yes' })
      .expect(403);
  });
});

describe('the start page', () => {
  it('shows what was chosen, which is stored sealed, until its owner objects', async () => {
    const member = await isp.member('start@example.com');
    expect(await start(isp.program())).toMatchObject({ personal: false });
    await member
      .post('/account/choices/topics')
      .send({ topic: ['sky', 'weather'] })
      .expect(200);
    expect(await start(member)).toEqual({ personal: true, topics: ['weather', 'sky'] });
    const { start_page: stored } = await isp.database.one('select start_page from subscribers where id = $1', [
      await isp.idOf(member),
    ]);
    expect(stored).toMatch(/^sf1\./);
    await member.post('/account/choices').send({ purpose: 'personalization', choice: 'no' }).expect(200);
    const plain = await start(member);
    expect([plain.personal, plain.topics.length]).toEqual([false, 6]);
    // What was chosen is not lost: an objection is no erasure.
    expect((await member.get('/account/choices')).body.topics).toEqual(['weather', 'sky']);
  });

  it('shows everybody’s when the browser says no, and only for that request', async () => {
    const member = await isp.member('gpc@example.com');
    await member.post('/account/choices/topics').type('form').send({ topic: 'net' }).expect(200);
    expect(await start(member, { 'Sec-GPC': '1' })).toMatchObject({ personal: false });
    expect(await start(member, { 'Sec-GPC': '0' })).toEqual({ personal: true, topics: ['net'] });
    const page = await member.get('/account/choices').set({ Accept: 'text/html', 'Sec-GPC': '1' }).expect(200);
    expect(page.text).toContain('Global Privacy Control');
    expect((await member.get('/start')).headers['vary']).toContain('Sec-GPC');
  });

  it.each([
    [['1'], true],
    [['0', '1'], true],
    [['1, 1'], false],
    [['true'], false],
    [undefined, false],
  ])('reads %j as %s', (values, expected) => {
    expect(saysNo({ headersDistinct: values === undefined ? {} : { 'sec-gpc': values } })).toBe(expected);
  });

  it('takes topics of its list and no others', async () => {
    const member = await isp.member('topics@example.com');
    for (const topic of ['politics', ['sky', 'politics'], [['sky']], { sky: 1 }])
      await member.post('/account/choices/topics').send({ topic }).expect(422);
    await member.post('/account/choices/topics').send({}).expect(200);
  });
});

describe('the file of all that is held', () => {
  it('has every class of data of its owner, what was left out and why, and nothing of anybody else', async () => {
    const member = await isp.member('file@example.com', { name: 'Wilhelmina Example' });
    const stranger = await isp.member('stranger@example.com', { name: 'Balthasar Example' });
    await stranger.post('/account/line/secret').send({}).expect(201);
    const { secret, login } = (await member.post('/account/line/secret').send({}).expect(201)).body;
    await member.post('/account/choices').send({ purpose: 'partner_offers', choice: 'no' }).expect(200);
    await member
      .post('/account/choices/topics')
      .send({ topic: ['sky'] })
      .expect(200);
    const account = await isp.idOf(member);
    const given = { recipient: 'isp_partners', purpose: 'provisioning', table: 'subscribers', columns: ['name'] };
    await isp.parts.keep.disclosures.record([{ account, ...given }], isp.database);
    const answer = await member.post('/account/data').send({}).expect(200);
    expect(answer.headers['content-disposition']).toContain('attachment');
    expect(answer.headers['cache-control']).toBe('no-store');
    const held = JSON.parse(answer.text);
    expect(held).toMatchObject({
      contact_and_identifiers: {
        id: account,
        name: 'Wilhelmina Example',
        email: 'file@example.com',
        phone: grace.phone,
        line_login: login,
      },
      financial: { card_last4: '4242', card_expiry: grace.card_expiry, bills: [] },
      interests: ['sky'],
      choices: [{ purpose: 'partner_offers', state: 'denied', method: 'account page' }],
      handed_over: [{ recipient: 'isp_partners', columns: ['name'] }],
    });
    expect(Object.keys(held.withheld)).toEqual(['password', 'card_number', 'line_secret', 'line_addresses']);
    expect(answer.text).not.toMatch(/sf1\.|argon2|4242424242424242|Balthasar|stranger@/);
    expect(answer.text).not.toContain(secret);
    const page = await member.get('/account/data').set('Accept', 'text/html').expect(200);
    expect(page.text).toContain('isp partners');
    expect((await stranger.get('/account/data')).body.handed_over).toEqual([]);
  });

  it('is not given to a session whose password was given too long ago', async () => {
    const member = await isp.member('late@example.com');
    isp.clock.ms += 301_000;
    const answer = await member.post('/account/data').send({});
    expect([answer.status, answer.text.includes('late@example.com')]).toEqual([403, false]);
    await isp.program().post('/account/data').send({}).expect(401);
  });
});
