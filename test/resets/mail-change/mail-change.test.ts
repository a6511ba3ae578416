import express from 'express';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { lockAddress } from '../../../src/accounts/lock-address.js';
import { rotateFields } from '../../../src/fields/index.js';
import { type Browser, browserOf } from '../../shop/browser.js';
import { ada, codeIn, newAccount, passphrase, type TestShop, testShop } from '../../shop/shop.js';
import { changeApp } from './shop-app.js';

const neu = 'ada@new.example.com';
/** Another account's. */
const third = 'eve@example.com';
const other = 'ada@other.example.com';
const next = 'nine quiet tractors climb the attic';
let shop: TestShop;
let app: express.Express;
let id: string;
/** That other account. */
let eve: string;
let browser: Browser;
const tables = ['customers', 'safekeep.accounts'];

beforeAll(async () => {
  shop = await testShop();
  app = changeApp(shop);
  id = await newAccount(shop);
  await newAccount(shop, { ...ada, email: third });
  eve = (await shop.keep.accounts.findByLogin(third))?.id ?? '';
  // Registered once, for the price of their hashes; every test begins with the rows as they were then.
  for (const table of tables) await query(`create table kept_${table.replace('.', '_')} as select * from ${table}`);
});
afterAll(() => shop.close());
beforeEach(async () => {
  for (const table of [...tables, 'safekeep.registrations']) await query(`delete from ${table}`);
  for (const table of tables) await query(`insert into ${table} select * from kept_${table.replace('.', '_')}`);
  browser = await entered();
  shop.outbox.length = 0;
});

const query = (sql: string, values: readonly unknown[] = []) => shop.test.database.query(sql, values);
const mailTo = (address: string) => shop.outbox.findLast(({ to }) => to === address);
const codeFor = (address: string) => codeIn(mailTo(address));
const address = () => shop.keep.accounts.mailAddress(id);
const isIn = async (who: Browser) => (await who.get('/me')).status === 200;
const day = 86_400_000;

/** Whether as many statements as that wait for what an open transaction holds. */
async function waiting(count: number): Promise<boolean> {
  for (let polls = 0; polls < 20_000; polls += 1) {
    const { n } = await shop.test.database.one<{ n: number }>(
      `select count(*)::int as n from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`,
    );
    if (n >= count) return true;
  }
  return false;
}

async function entered(email = ada.email): Promise<Browser> {
  const made = browserOf(app);
  expect((await made.post('/enter', { email })).status).toBe(200);
  return made;
}
/** Asks for the address in the signed-in browser, and gives the code that came there. */
async function asked(to = neu, who = browser): Promise<string> {
  expect((await who.post('/account/email', { email: to })).status).toBe(202);
  return codeFor(to);
}
const confirmed = async (code: string, who = browser, password = '') =>
  (await who.post('/account/email/confirm', { code, password })).status;
const undone = async (code: string) => (await browserOf(app).post('/account/email/undo', { code })).status;
/** Changes the address, and gives the code that undoes it. */
async function changed(from = ada.email, to = neu, who = browser): Promise<string> {
  expect(await confirmed(await asked(to, who), who)).toBe(200);
  return codeFor(from);
}

describe('a change of mail address', () => {
  it('comes about when the code is back from the new address, and the account is found by it', async () => {
    const code = await asked();
    expect([await address(), code.slice(0, 4)]).toEqual([ada.email, 'chg_']);
    expect(await confirmed(code)).toBe(200);
    expect(await address()).toBe(neu);
    expect(await shop.keep.accounts.findByLogin(neu)).toMatchObject({ id, epoch: 2 });
    expect(await shop.keep.accounts.findByLogin(ada.email)).toBeNull();
    expect(await confirmed(code)).toBe(400);
  });

  it('stores the new address sealed, in its column and while it waits, and the code as a hash', async () => {
    const code = await asked();
    const waiting = JSON.stringify(await query('select *, token_hash::text as hex from safekeep.mail_changes'));
    await confirmed(code);
    const kept = JSON.stringify([
      ...(await query('select * from customers')),
      ...(await query('select * from safekeep.mail_changes')),
    ]);
    for (const value of [neu, ada.email, code, Buffer.from(code).toString('hex'), codeFor(ada.email)])
      expect(waiting + kept).not.toContain(value);
    expect(waiting).toMatch(/"address":"sf1\./);
  });

  it('ends every session but that of the browser that confirmed, which gets a new one and is remembered', async () => {
    const second = await entered();
    const before = browser.jar.get('__Host-session');
    await changed();
    expect([await isIn(browser), await isIn(second)]).toEqual([true, false]);
    expect(browser.jar.get('__Host-session')).not.toBe(before);
    const device = browser.jar.get('__Host-device') ?? '';
    const read = (login: string) =>
      shop.keep.devices.read({ headers: { cookie: `__Host-device=${device}` } } as never, login);
    expect([read(neu)?.epoch, read(third)]).toEqual([2, null]);
  });

  it('tells both addresses, and the old one not what the new one is', async () => {
    await changed();
    expect(mailTo(ada.email)?.subject).toBe('Your e-mail address was changed');
    expect(mailTo(neu)?.subject).toBe('This is your e-mail address now');
    expect(`${mailTo(ada.email)?.text}${mailTo(ada.email)?.html}`).not.toContain(neu);
    expect(mailTo(ada.email)?.text).toContain('7 days');
  });

  it('is asked for only in a session that began a short while ago', async () => {
    expect((await browserOf(app).post('/account/email', { email: neu })).status).toBe(401);
    shop.clock.advance(15 * 60_000 + 1000);
    expect((await browser.post('/account/email', { email: neu })).status).toBe(403);
    expect((await browser.get('/account/email')).status).toBe(403);
    expect(shop.outbox).toEqual([]);
  });

  it('asks for the password where no fresh session is, and takes no other account’s session for it', async () => {
    const code = await asked();
    const stranger = await entered(third);
    expect(await confirmed(code, stranger)).toBe(400);
    expect(await confirmed(code, browserOf(app), 'the wrong password of hers')).toBe(400);
    expect(await address()).toBe(ada.email);
    const elsewhere = browserOf(app);
    expect(await confirmed(code, elsewhere, passphrase)).toBe(200);
    // Another browser proves the password and is not signed in by it.
    expect([await address(), await isIn(elsewhere), await isIn(browser)]).toEqual([neu, false, false]);
  });

  it('asks for the password in a session that grew old before the code came back', async () => {
    const code = await asked();
    const hasField = async () => (await browser.get('/account/email/confirm')).text.includes('type="password"');
    expect(await hasField()).toBe(false);
    shop.clock.advance(15 * 60_000 + 1000);
    expect(await hasField()).toBe(true);
    expect(await confirmed(code)).toBe(400);
    expect(await confirmed(code, browser, passphrase)).toBe(200);
    expect(await isIn(browser)).toBe(true);
  });

  it('spends the counter of the present password, and leaves it alone in a fresh session', async () => {
    const limited = await testShop({ loginLimits: { perAccount: 3, perSubnet: 100 } });
    const own = changeApp(limited);
    await newAccount(limited);
    const who = browserOf(own);
    await who.post('/login', { email: ada.email, password: passphrase });
    await who.post('/account/email', { email: neu });
    const code = codeIn(limited.outbox.at(-1));
    const tries: number[] = [];
    for (let at = 0; at < 4; at += 1)
      tries.push((await browserOf(own).post('/account/email/confirm', { code, password: 'wrong' })).status);
    expect(tries).toEqual([400, 400, 400, 429]);
    await limited.close();
  });

  it('takes no place of that counter in a fresh session, where no password is asked', async () => {
    const limited = await testShop({ loginLimits: { perAccount: 2, perSubnet: 100 } });
    await newAccount(limited);
    const who = browserOf(changeApp(limited));
    await who.post('/enter', { email: ada.email });
    for (let at = 0; at < 4; at += 1) {
      await who.post('/account/email', { email: `ada${at}@example.com` });
      const code = codeIn(limited.outbox.at(-1));
      expect((await who.post('/account/email/confirm', { code })).status).toBe(200);
    }
    await limited.close();
  });

  it('neither signs in nor remembers a browser that proved the password and owes the second factor', async () => {
    const strict = await testShop({ onPasswordProven: () => 'challenge' });
    await newAccount(strict);
    const who = browserOf(changeApp(strict));
    await who.post('/enter', { email: ada.email });
    await who.post('/account/email', { email: neu });
    const code = codeIn(strict.outbox.at(-1));
    strict.clock.advance(15 * 60_000 + 1000);
    expect((await who.post('/account/email/confirm', { code, password: passphrase })).status).toBe(200);
    // Its session ended with all others, and so did its cookie.
    expect([...who.jar.keys()]).toEqual([]);
    await strict.close();
  });

  it('is limited where it costs a mail or takes a code, and nowhere else', async () => {
    const limited = await testShop({ mailsPerHour: 2 });
    await newAccount(limited);
    const who = browserOf(changeApp(limited));
    await who.post('/enter', { email: ada.email });
    const statuses = async (path: string, body: object) => {
      const got: number[] = [];
      for (let at = 0; at < 3; at += 1) got.push((await who.post(path, body)).status);
      return got;
    };
    for (const path of ['/account/email', '/account/email/confirm', '/account/email/undo'])
      for (let at = 0; at < 3; at += 1) expect((await who.get(path)).status).toBe(200);
    expect(await statuses('/account/email', { email: neu })).toEqual([202, 202, 429]);
    limited.clock.advance(3_600_001);
    expect(await statuses('/account/email/undo', { code: 'und_x' })).toEqual([400, 400, 429]);
    await limited.close();
  });

  it('counts for the account of the very code that is confirmed', async () => {
    const codes = [await asked(), await asked(other)];
    const own = express().use(express.json());
    own.post('/confirm', shop.keep.mailChanges.limit, async (req, res) => {
      res.json(await shop.keep.mailChanges.confirm(req, codes[1] ?? '', passphrase));
    });
    own.use(shop.keep.errors);
    const enter = await entered(third);
    const code = await asked('eve@new.example.com', enter);
    // The limit saw the code of one account, the handler confirms that of another.
    expect((await browserOf(own).post('/confirm', { code })).status).toBe(500);
    expect(await address()).toBe(ada.email);
  });

  it('answers alike though the address of the account that has it does not open', async () => {
    await query(`update customers set email = 'sf1.damaged' where id = $1`, [eve]);
    expect((await browser.post('/account/email', { email: third })).status).toBe(202);
    expect(shop.outbox).toEqual([]);
    expect(shop.lines.join()).toContain('a mail was not sent');
  });

  it('cannot be confirmed on a route without the limit', async () => {
    const code = await asked();
    await expect(shop.keep.mailChanges.confirm({} as never, code, passphrase)).rejects.toMatchObject({
      code: 'ERR_ATTEMPT_MISSING',
    });
  });

  it.each(['', 'ada', 'ada@example.com, eve@example.com', '"x <eve@example.com>"', `${'a'.repeat(300)}@example.com`])(
    'is refused for what is no address: %.40j',
    async (email) => {
      expect((await browser.post('/account/email', { email })).status).toBe(422);
      expect(shop.outbox).toEqual([]);
    },
  );

  it('answers alike for an address that another account has, and only that account is told', async () => {
    const [free, taken] = [
      await browser.post('/account/email', { email: neu }),
      await browser.post('/account/email', { email: third.toUpperCase() }),
    ];
    expect([taken.status, taken.body]).toEqual([free.status, free.body]);
    expect(mailTo(third)).toMatchObject({ subject: 'Your e-mail address was named for another account' });
    expect(codeFor(third)).toBe('');
    expect(await query('select 1 from safekeep.mail_changes')).toHaveLength(2);
  });

  it('does not come about for an address that was registered in the meantime, nor the other way round', async () => {
    const code = await asked();
    await newAccount(shop, { ...ada, email: neu });
    expect(await confirmed(code)).toBe(400);
    expect(await address()).toBe(ada.email);
    await shop.keep.accounts.register({ row: { ...ada, email: other }, password: passphrase });
    const registered = codeFor(other);
    await changed(ada.email, other);
    expect(await shop.keep.accounts.confirm(registered, passphrase)).toBeNull();
  });

  it('of two accounts to one address at once comes about for one: the address is held until the first is done', async () => {
    const second = await entered(third);
    const codes = [await asked(), await asked(neu, second)];
    let both: Promise<readonly number[]> | undefined;
    await shop.test.database.transaction(async (tx) => {
      await lockAddress(tx, 'customers', shop.keep.fields.blindIndexes('customers', { email: neu }));
      both = Promise.all([confirmed(codes[0] ?? '', browser), confirmed(codes[1] ?? '', second)]);
      expect(await waiting(2)).toBe(true);
    });
    expect([...((await both) ?? [])].sort()).toEqual([200, 400]);
  });

  it('may only change how the address is written', async () => {
    await changed(ada.email, 'Ada@Example.COM');
    expect(await address()).toBe('Ada@Example.COM');
    expect(await undone(codeFor(ada.email))).toBe(200);
    expect(await address()).toBe(ada.email);
  });

  it('uses its code up: of four at once one comes about', async () => {
    const code = await asked();
    const statuses = await Promise.all([1, 2, 3, 4].map(() => confirmed(code, browserOf(app), passphrase)));
    expect(statuses.filter((status) => status === 200)).toHaveLength(1);
  });

  it('keeps at most three live codes, and the older ones go on working', async () => {
    const first = await asked();
    await asked();
    await asked();
    shop.outbox.length = 0;
    expect(await asked()).toBe('');
    expect(await confirmed(first)).toBe(200);
    // Those of before are void, and no longer count.
    shop.outbox.length = 0;
    expect(await asked(other)).not.toBe('');
    for (const at of [1, 2]) await asked(`ada${at}@other.example.com`);
    await shop.keep.accounts.raiseEpoch(id);
    browser = await entered(neu);
    expect(await asked('ada3@other.example.com')).not.toBe('');
  });

  it('is void after an hour, a new password, a second factor, another change, and for a disabled account', async () => {
    const late = await asked();
    shop.clock.advance(3_600_001);
    browser = await entered();
    expect(await confirmed(late)).toBe(400);
    const ofOldEpoch = await asked();
    await shop.keep.accounts.raiseEpoch(id);
    browser = await entered();
    expect(await confirmed(ofOldEpoch)).toBe(400);
    const [one, two] = [await asked(), await asked(other)];
    expect([await confirmed(one), await confirmed(two)]).toEqual([200, 400]);
    const code = await asked(other);
    await query(`update safekeep.accounts set state = 'disabled'`);
    expect(await confirmed(code, browserOf(app), passphrase)).toBe(400);
  });

  it('voids the codes of resets that were mailed to the old address', async () => {
    await browser.post('/forgot', { email: ada.email });
    const reset = codeFor(ada.email);
    await changed();
    expect(await shop.keep.resets.redeem(reset, next)).toBeNull();
  });

  it('writes all of it or nothing', async () => {
    const code = await asked();
    await query(`create function refuse_epoch() returns trigger language plpgsql as $$ begin raise 'no'; end $$`);
    await query(
      'create trigger refuse before update on safekeep.accounts for each row execute function refuse_epoch()',
    );
    expect(await confirmed(code)).toBe(500);
    await query('drop trigger refuse on safekeep.accounts');
    expect([await address(), await confirmed(code)]).toEqual([ada.email, 200]);
  });
});

describe('undoing it from the old address', () => {
  it('puts the address back and ends every session, also that of whoever changed it', async () => {
    const undo = await changed();
    expect([undo.slice(0, 4), await isIn(browser)]).toEqual(['und_', true]);
    expect(await undone(undo)).toBe(200);
    expect([await address(), await isIn(browser)]).toEqual([ada.email, false]);
    expect(mailTo(ada.email)?.subject).toBe('Your e-mail address was put back');
    expect(mailTo(neu)?.subject).toBe('A change of e-mail address was undone');
    expect(await undone(undo)).toBe(400);
  });

  it('works whatever was done to the account in between: another password, another address', async () => {
    const undo = await changed();
    const after = await changed(neu, other);
    await shop.keep.accounts.raiseEpoch(id);
    expect(await undone(undo)).toBe(200);
    expect(await address()).toBe(ada.email);
    // The one in between would give the account back to whoever took it.
    expect(await undone(after)).toBe(400);
    expect(await query('select 1 from safekeep.mail_changes')).toEqual([]);
  });

  it('of the later change leaves the earlier one to be undone', async () => {
    const undo = await changed();
    expect(await undone(await changed(neu, other))).toBe(200);
    expect(await address()).toBe(neu);
    expect(await undone(undo)).toBe(200);
    expect(await address()).toBe(ada.email);
  });

  it('voids changes that wait for their code', async () => {
    const undo = await changed();
    const waiting = await asked(other);
    expect(await undone(undo)).toBe(200);
    expect(await confirmed(waiting, browserOf(app), passphrase)).toBe(400);
  });

  it('opens nothing for an account that was disabled since', async () => {
    const undo = await changed();
    await query(`update safekeep.accounts set state = 'disabled'`);
    expect(await undone(undo)).toBe(400);
    expect(await address()).toBe(neu);
  });

  it('is possible for seven days', async () => {
    const undo = await changed();
    shop.clock.advance(7 * day + 1);
    expect(await undone(undo)).toBe(400);
    expect(await shop.keep.mailChanges.purge()).toBe(1);
  });

  it('is not possible once another account has the address', async () => {
    const undo = await changed();
    await newAccount(shop);
    expect(await undone(undo)).toBe(400);
    expect(await address()).toBe(neu);
  });

  it('is no change, and the code of a change is none that undoes', async () => {
    const code = await asked();
    expect(await undone(code)).toBe(400);
    await confirmed(code);
    expect(await confirmed(codeFor(ada.email), browserOf(app), passphrase)).toBe(400);
    expect(await address()).toBe(neu);
  });
});

describe('what somebody does who can write to the database', () => {
  it('gives a change to no other account and puts no other address into it', async () => {
    const undo = await changed();
    await query('update safekeep.mail_changes set account = $1', [eve]);
    expect(await undone(undo)).toBe(500);
    expect(await shop.keep.accounts.mailAddress(eve)).toBe(third);
    await query('update safekeep.mail_changes set account = $1', [id]);
    await query(`update safekeep.mail_changes set address = (select email from customers where id = '${eve}')`);
    expect(await undone(undo)).toBe(500);
    expect(await address()).toBe(neu);
  });

  it('a row whose address does not open keeps nobody from being told of a new password', async () => {
    await changed();
    await query(`update safekeep.mail_changes set address = 'sf1.damaged'`);
    expect(await shop.keep.mailChanges.noticeAddresses(id)).toEqual([neu]);
  });
});

describe('notices about the account', () => {
  it('go to the old address too while it can take the account back', async () => {
    await changed();
    await browser.post('/forgot', { email: neu });
    const code = codeFor(neu);
    shop.outbox.length = 0;
    expect((await browserOf(app).post('/reset', { code, password: next })).status).toBe(200);
    expect(shop.outbox.map(({ to, subject }) => `${to}: ${subject}`).sort()).toEqual([
      `${ada.email}: Your password was changed`,
      `${neu}: Your password was changed`,
    ]);
    shop.clock.advance(7 * day + 1);
    expect(await shop.keep.mailChanges.noticeAddresses(id)).toEqual([neu]);
  });
});

describe('a change that waits', () => {
  it('is moved to the active key with everything else, and can still be undone', async () => {
    const undo = await changed();
    const fieldsKey = await shop.keys.stage('fields');
    await shop.keys.activate(fieldsKey.id);
    const { database } = shop.test;
    await rotateFields({ database, fields: shop.keep.fields });
    const [row] = await query('select address from safekeep.mail_changes');
    expect(shop.keep.fields.keyIdOf(row?.['address'])).toBe(fieldsKey.id);
    expect(await undone(undo)).toBe(200);
    expect(await address()).toBe(ada.email);
  });
});
