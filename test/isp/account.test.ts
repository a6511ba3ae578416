import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeBills } from '../../examples/isp/bills.js';
import { policy } from '../../examples/policy.js';
import { grace, openIsp, type TestIsp } from './isp.js';

let isp: TestIsp;
beforeAll(async () => {
  isp = await openIsp();
});
afterAll(() => isp.close());

describe('a subscriber', () => {
  it.each(['name', 'address', 'email', 'phone', 'card_number', 'card_expiry', 'password', 'plan'])(
    'is not registered without %s, and nothing is stored',
    async (field) => {
      const body: Record<string, string> = { ...grace, email: 'left.out@example.com' };
      delete body[field];
      const answer = await isp.program().post('/register').send(body).expect(422);
      expect(answer.body.fields).toEqual([expect.objectContaining({ field, code: 'missing' })]);
      expect(await isp.database.query('select 1 from safekeep.registrations')).toEqual([]);
    },
  );

  it.each(['line_login', 'line_secret', 'start_page', 'line_state', 'line_partner'])(
    'cannot bring %s along: the form does not collect it',
    async (field) => {
      const body = { ...grace, email: 'bold@example.com', [field]: 'active' };
      const answer = await isp.program().post('/register').send(body).expect(422);
      expect(answer.body.fields).toEqual([expect.objectContaining({ code: 'unknown' })]);
    },
  );

  it('is stored sealed, sees what is known without card and secret, and corrects it', async () => {
    const member = await isp.member('grace@example.com');
    const { body } = await member.get('/account').expect(200);
    expect(body).toMatchObject({ name: grace.name, address: grace.address, email: 'grace@example.com' });
    const stored = await isp.database.one('select * from subscribers where id = $1', [body.id]);
    for (const column of ['name', 'address', 'email', 'phone', 'card_number', 'card_expiry', 'password']) {
      expect(stored[column]).toMatch(/^sf1\.[\w-]{80,}$/);
    }
    expect(stored).toMatchObject({ plan: 'furrow', line_state: 'none', line_login: null, line_secret: null });
    const corrected = { name: 'Grace Corrected', address: '4 Harrow Row, Springfield', phone: '+1 202 555 0156' };
    await member.post('/account').send(corrected).expect(200);
    expect((await member.get('/account')).body).toMatchObject(corrected);
  });

  it('takes another mail address, confirmed from its mail, and puts the old one back', async () => {
    const member = await isp.member('move@example.com');
    await member.post('/account/email').send({ email: 'moved@example.com' }).expect(202);
    await member
      .post('/account/email/confirm')
      .send({ code: isp.codeFor('moved@example.com') })
      .expect(200);
    const send = (email: string) => isp.program().post('/login').send({ email, password: grace.password });
    await send('move@example.com').expect(401);
    await send('moved@example.com').expect(200);
    const code = /und_[\w-]+/.exec(isp.mails().find(({ to }) => to === 'move@example.com')?.text ?? '')?.[0];
    await isp.browser().post('/account/email/undo').type('form').send({ code }).expect(200);
    await send('move@example.com').expect(200);
  });

  it('has a cookie of another name than the shop’s, and the shop’s opens nothing here', async () => {
    await isp.member('cookie@example.com');
    const browser = isp.browser();
    const send = { email: 'cookie@example.com', password: grace.password };
    const answer = await browser.post('/login').type('form').send(send).expect(303);
    const cookies = [answer.headers['set-cookie'] ?? []].flat().map(String);
    const [session] = cookies.filter((cookie) => cookie.startsWith('__Host-harrow-session='));
    const value = /=([\w-]{43});/.exec(String(session))?.[1];
    expect(value).toBeDefined();
    for (const cookie of cookies) expect(cookie).toMatch(/^__Host-harrow-/);
    await isp.program().get('/account').set('Cookie', `__Host-session=${value}`).expect(401);
    await isp.program().get('/account').set('Cookie', `__Host-harrow-session=${value}`).expect(200);
  });

  it('changes the plan for another one that there is', async () => {
    const member = await isp.member('plan@example.com');
    expect((await member.post('/account/line/plan').send({ plan: 'moon' }).expect(422)).body.fields[0].field).toBe(
      'plan',
    );
    await member.post('/account/line/plan').send({ plan: 'ridge' }).expect(200);
    expect((await member.get('/account/line')).body.plan).toBe('ridge');
    const page = await member.post('/account/line/plan').set('Accept', 'text/html').type('form').send({});
    expect([page.status, page.text.includes('href="#field-plan"')]).toEqual([422, true]);
  });
});

/** Starts the work while the subscriber's row is locked, and lets go of it when that many wait for it. */
async function whileLocked<T>(id: string, many: number, work: () => Promise<T>): Promise<T> {
  const { working } = await isp.database.transaction(async (tx) => {
    await tx.one('select 1 from subscribers where id = $1 for update', [id]);
    const working = work();
    const waiting = `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
    // Asked beside the transaction, which sees the activity of its own beginning only.
    while ((await isp.database.query(waiting)).length < many);
    // Not the promise itself: this would wait for it with the lock in its hands.
    return { working };
  });
  return await working;
}

describe('bills', () => {
  it('are made once for the month before, sealed as a whole, and shown to their subscriber alone', async () => {
    const member = await isp.member('bill@example.com');
    const other = await isp.member('no-bill@example.com');
    const id = await isp.idOf(member);
    await isp.database.query(
      `update subscribers set line_state = 'active', line_since = '2026-08-10', line_login = 'hn-bill' where id = $1`,
      [id],
    );
    await isp.database.query(
      `insert into line_sessions (id, subscriber, partner, nas, session, last_record, octets_in, octets_out, seconds,
         started_at, heard_at)
       values (gen_random_uuid(), $1, 'p', 'n', 's', 'interim', 100000000000, 250500000000, 3600, '2026-09-30', '2026-10-01'),
              (gen_random_uuid(), $1, 'p', 'n', 't', 'interim', 0, 900000000000, 3600, '2026-10-01', '2026-10-01')`,
      [id],
    );
    const october = Date.parse('2026-10-02T00:00:00Z');
    // Both have found the bill missing before either writes it: they wait for the row.
    const made = await whileLocked(id, 2, () =>
      Promise.all([makeBills(isp.parts, october), makeBills(isp.parts, october)]),
    );
    expect(made.reduce((sum, count) => sum + count, 0)).toBe(1);
    expect(await makeBills(isp.parts, october)).toBe(0);
    const { bills } = (await member.get('/account/bills').expect(200)).body;
    expect(bills).toMatchObject([
      {
        month: '2026-09',
        name: grace.name,
        address: grace.address,
        cardEnd: '4242',
        lines: [{ cents: 2900 }, { text: '51 further gigabytes', cents: 510 }],
        totalCents: 3410,
      },
    ]);
    const [stored] = await isp.database.query('select * from bills where subscriber = $1', [id]);
    expect(stored?.['sealed']).toMatch(/^sf1\./);
    expect(JSON.stringify(stored)).not.toMatch(/Grace|Harrow Row|gigabytes/);
    expect((await other.get('/account/bills')).body.bills).toEqual([]);
    const page = await member.get('/account/bills').set('Accept', 'text/html').expect(200);
    expect(page.text).toContain('51 further gigabytes');
  });

  it('leave the first month free, and whoever has no line alone', async () => {
    const member = await isp.member('first@example.com');
    await isp.member('lineless@example.com');
    await isp.database.query(
      `update subscribers set line_state = 'active', line_since = '2026-11-03', line_login = 'hn-first' where id = $1`,
      [await isp.idOf(member)],
    );
    await makeBills(isp.parts, Date.parse('2026-12-01T00:00:00Z'));
    expect((await member.get('/account/bills')).body.bills).toEqual([]);
    await makeBills(isp.parts, Date.parse('2027-01-01T00:00:00Z'));
    expect((await member.get('/account/bills')).body.bills).toMatchObject([{ month: '2026-12', totalCents: 2900 }]);
    expect(await isp.database.query('select distinct subscriber from bills')).toHaveLength(2);
  });

  it('show four digits of the card and take another one', async () => {
    const member = await isp.member('card@example.com');
    expect((await member.get('/account/billing')).body).toEqual({ card_last4: '4242', card_expiry: '08/31' });
    await member
      .post('/account/billing')
      .send({ card_number: '4111-1111-1111-1111', card_expiry: '01/32' })
      .expect(200);
    expect((await member.get('/account/billing')).body).toEqual({ card_last4: '1111', card_expiry: '01/32' });
  });
});

describe('usage', () => {
  it('is what the line said, this month and the last, and another’s is not in it', async () => {
    const [member, other] = [await isp.member('use@example.com'), await isp.member('other.use@example.com')];
    const id = await isp.idOf(member);
    const now = new Date(isp.clock.nowMs());
    await isp.database.query(
      `insert into line_sessions (id, subscriber, partner, nas, session, last_record, octets_in, octets_out, seconds,
         started_at, heard_at)
       values (gen_random_uuid(), $1, 'p', 'n', 'u', 'interim', 5000000000, 9007199254740992, 7200, $2, $2)`,
      [id, now],
    );
    const { body } = await member.get('/account/usage').expect(200);
    expect(body.months[0]).toEqual({
      month: now.toISOString().slice(0, 7),
      seconds: 7200,
      octetsIn: 5e9,
      octetsOut: 9007199254740992,
    });
    expect(body.connections).toHaveLength(1);
    expect(body.kept_days).toBe(90);
    expect(JSON.stringify(body)).not.toContain('address');
    expect((await other.get('/account/usage')).body.connections).toEqual([]);
    const page = await member.get('/account/usage').set('Accept', 'text/html').expect(200);
    expect(page.text).toContain('<meter');
  });
});

describe('both servers', () => {
  it('print the digest of one policy', async () => {
    const { body } = await isp.program().get('/privacy').expect(200);
    expect(body.digest).toBe(policy.digest);
    expect((await isp.browser().get('/privacy')).text).toContain(policy.digest.slice(0, 16));
  });
});
