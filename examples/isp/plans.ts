/** What Harrow Net sells. Nothing here is personal. */
export interface Plan {
  readonly id: string;
  readonly name: string;
  readonly line: string;
  readonly text: string;
  readonly monthCents: number;
  /** What the month's price includes; undefined where nothing is counted. */
  readonly includes?: { readonly of: 'hours' | 'gigabytes'; readonly amount: number; readonly centsEach: number };
}

export const plans: readonly Plan[] = [
  {
    id: 'dial',
    name: 'Dial',
    line: 'By telephone, 60 hours a month',
    text: 'For mail, the forecast, and a farm at the end of a long copper pair. Each further hour is 50 cents.',
    monthCents: 995,
    includes: { of: 'hours', amount: 60, centsEach: 50 },
  },
  {
    id: 'furrow',
    name: 'Furrow',
    line: '50 megabits, 300 gigabytes a month',
    text: 'A line that is always up. Each further gigabyte is 10 cents, and never more than the next plan would cost.',
    monthCents: 2900,
    includes: { of: 'gigabytes', amount: 300, centsEach: 10 },
  },
  {
    id: 'ridge',
    name: 'Ridge',
    line: 'A gigabit, and nothing is counted',
    text: 'Glass to the house. What you move over it is your own business.',
    monthCents: 5500,
  },
];

export function planOf(id: unknown): Plan | undefined {
  return plans.find((plan) => plan.id === id);
}

/** What a month came to: seconds on the line, octets to the subscriber and from it. */
export interface Use {
  readonly seconds: number;
  readonly octetsIn: number;
  readonly octetsOut: number;
}

export interface Charge {
  readonly text: string;
  readonly cents: number;
}

/** The lines of a month's bill. Beyond what is included each unit begun counts, up to the price of the dearest plan. */
export function chargesOf(plan: Plan, use: Use): readonly Charge[] {
  const base = { text: `${plan.name}, ${plan.line}`, cents: plan.monthCents };
  const { includes } = plan;
  if (includes === undefined) return [base];
  const beyond = Math.max(0, Math.ceil(usedOf(plan, use) - includes.amount));
  const most = Math.max(...plans.map(({ monthCents }) => monthCents)) - plan.monthCents;
  const cents = Math.min(beyond * includes.centsEach, most);
  return beyond === 0 ? [base] : [base, { text: `${beyond} further ${includes.of}`, cents }];
}

/** How much of what is counted was used. */
export function usedOf({ includes }: Plan, { seconds, octetsIn, octetsOut }: Use): number {
  return includes?.of === 'hours' ? seconds / 3600 : (octetsIn + octetsOut) / 1e9;
}
