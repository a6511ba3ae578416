import type { ResolvedColumn, ResolvedPolicy } from '../policy/rules.js';
import type { DataType } from './finding.js';
import { foldKey } from './key-words.js';
import type { MaskName } from './masks.js';

/** What the policy says of a key in a log. `show` is no permission: key rules and value patterns still apply to it. */
export interface ColumnDecision {
  readonly logs: 'show' | 'mask' | 'token' | 'drop';
  readonly type: DataType;
  readonly rule: string;
  readonly mask?: MaskName;
  /** The pseudonym's type. */
  readonly kind: string;
}

const maskOfCategory: ReadonlyMap<string, MaskName> = new Map([
  ['user.contact.email', 'email'],
  ['user.contact.phone_number', 'phone'],
  ['user.financial.credit_card', 'card'],
  ['user.device.ip_address', 'ip'],
]);
const strictness = { show: 0, mask: 1, token: 2, drop: 3 } as const;

/**
 * The classified columns by folded name. A name that several tables declare gets its strictest rule; a rule that is not
 * known erases; a blind index goes too, because it would join the log to the database.
 */
export function columnDecisions(policy: ResolvedPolicy, tokens: boolean): ReadonlyMap<string, ColumnDecision> {
  const decisions = new Map<string, ColumnDecision>();
  function add(name: string, decision: ColumnDecision): void {
    const folded = foldKey(name);
    const known = decisions.get(folded);
    if (known === undefined || strictness[decision.logs] > strictness[known.logs]) decisions.set(folded, decision);
  }
  for (const table of policy.tables.values()) {
    for (const column of table.columns.values()) {
      add(column.name, decisionOf(column, tokens));
      // Until its import is confirmed the value stands there in the clear, under a name that no other rule knows.
      if (column.importedFrom !== undefined) add(column.importedFrom.column, decisionOf(column, tokens));
    }
    for (const { column, of } of table.indexes) {
      const kind = table.columns.get(of[0] ?? '')?.kind;
      if (kind !== undefined)
        add(column, { logs: 'drop', type: 'blind_index', rule: `policy/${table.name}.${column}`, kind });
    }
  }
  return decisions;
}

function decisionOf(column: ResolvedColumn, tokens: boolean): ColumnDecision {
  const { category: type, kind } = column;
  const rule = `policy/${column.table}.${column.name}`;
  const mask = maskOfCategory.get(type);
  // Free text shows the last four digits of a card; a token of the same card beside it would let both be joined
  // (PCI DSS 4.0.1 3.5.1.1 guidance on correlated truncated and hashed versions). So cards have no token at all.
  const tokenAllowed = tokens && type !== 'user.financial.credit_card';
  switch (column.logs) {
    case 'show':
      return { logs: 'show', type, rule, kind };
    case 'mask':
      return mask === undefined ? { logs: 'drop', type, rule, kind } : { logs: 'mask', type, rule, kind, mask };
    case 'token':
      return { logs: tokenAllowed ? 'token' : 'drop', type, rule, kind };
    default:
      return { logs: 'drop', type, rule, kind };
  }
}
