import { randomUUID } from 'node:crypto';
import type { Database, Queryable } from 'safekeep/database';
import type { SiteKeep } from '../shared/keep.js';
import { lastFour } from '../shared/site.js';
import { type Charge, chargesOf, planOf } from './plans.js';
import { monthBefore, monthOf, useOf } from './usage.js';

/** A bill as its subscriber sees it. */
export interface Bill {
  readonly id: string;
  readonly month: string;
  readonly name: string;
  readonly address: string;
  readonly cardEnd: string;
  readonly lines: readonly Charge[];
  readonly totalCents: number;
}

type Parts = { readonly keep: SiteKeep; readonly database: Database };

/**
 * Bills the month before for everybody whose line was up when it began: once each, however often it runs, and however
 * many servers run it. The rest of the first month is free.
 * @returns how many bills were made
 */
export async function makeBills({ keep, database }: Parts, nowMs: number): Promise<number> {
  const month = monthBefore(monthOf(nowMs));
  const due = await database.query<{ id: string }>(
    `select s.id::text as id from subscribers s
     where s.line_since < $1 and s.line_state <> 'none'
       and not exists (select 1 from bills b where b.subscriber = s.id and b.month = $2)`,
    [new Date(`${month}-01T00:00:00Z`), month],
  );
  let made = 0;
  for (const { id } of due) if (await database.transaction((tx) => makeBill({ keep, tx }, id, month, nowMs))) made += 1;
  if (made > 0) keep.log.info({ month, bills: made }, 'bills made');
  return made;
}

async function makeBill(
  { keep, tx }: { readonly keep: SiteKeep; readonly tx: Queryable },
  account: string,
  month: string,
  nowMs: number,
): Promise<boolean> {
  const stored = await tx.one('select * from subscribers where id = $1 for update', [account]);
  const {
    name,
    address,
    card_number: card,
    plan: planId,
  } = keep.fields.openRow('subscribers', stored, 'billing').reveal();
  const plan = planOf(planId);
  if (plan === undefined) return false;
  const items = chargesOf(plan, await useOf(tx, account, month));
  const row = keep.fields.sealRow('bills', {
    id: randomUUID(),
    subscriber: account,
    name,
    address,
    card_last4: lastFour(card),
    items,
    month,
    total_cents: items.reduce((sum, { cents }) => sum + cents, 0),
    billed_at: new Date(nowMs),
  });
  const columns = ['id', 'subscriber', 'sealed', 'month', 'total_cents', 'billed_at'];
  const written = await tx.query(
    `insert into bills (${columns.join(', ')}) values ($1, $2, $3, $4, $5, $6)
     on conflict (subscriber, month) do nothing returning 1`,
    columns.map((column) => row[column]),
  );
  return written.length > 0;
}

/** The bills of a subscriber, the newest first: each row is opened as a whole, for the purpose `account`. */
export async function billsOf({ keep, database }: Parts, account: string): Promise<readonly Bill[]> {
  const rows = await database.query('select * from bills where subscriber = $1 order by month desc limit 36', [
    account,
  ]);
  return rows.map((stored) => {
    const bill = keep.fields.openRow('bills', stored, 'account').reveal();
    return {
      id: String(bill.id),
      month: String(bill.month),
      name: String(bill.name),
      address: String(bill.address),
      cardEnd: String(bill.card_last4),
      lines: Array.isArray(bill.items) ? (bill.items as readonly Charge[]) : [],
      totalCents: Number(bill.total_cents),
    };
  });
}
