import { mayReceive } from './receivable.js';
import type { ResolvedColumn, ResolvedPolicy } from './rules.js';

/** A document made from the policy: a title, and rows of named text. Pages and CLI lay it out. */
export interface Description {
  readonly title: string;
  readonly sections: readonly {
    readonly heading: string;
    readonly rows: readonly Readonly<Record<string, string>>[];
  }[];
}

/**
 * `inventory`: every personal column and its rules (NIST Privacy Framework ID.IM-P6). `ropa`: the record of processing
 * by purpose (GDPR article 30). `notice`: what a visitor is told.
 */
export function describePolicy(policy: ResolvedPolicy, what: 'inventory' | 'ropa' | 'notice'): Description {
  switch (what) {
    case 'inventory':
      return inventory(policy);
    case 'ropa':
      return processing(policy);
    case 'notice':
      return notice(policy);
  }
}

function inventory(policy: ResolvedPolicy): Description {
  const sections = [...policy.tables.values()].map((table) => ({
    heading: table.name,
    rows: [...table.columns.values()].map((column) => ({
      column: column.name,
      category: column.category,
      access: column.access,
      'at rest': column.atRest,
      'in logs': column.logs,
      purposes: list(column.purposes),
      recipients: list(recipientsOf(policy, column)),
      correction: column.correct,
      erasure: erasureText(column),
    })),
  }));
  return { title: `Personal data of ${policy.application}`, sections };
}

function processing(policy: ResolvedPolicy): Description {
  const rows = [...policy.purposes.values()].map((purpose) => {
    const columns = personalColumns(policy).filter(({ purposes }) => purposes.includes(purpose.name));
    const recipients = [...policy.recipients.values()].filter(({ purposes }) => purposes.includes(purpose.name));
    return {
      purpose: purpose.name,
      basis: purpose.basis,
      use: purpose.use,
      choice: purpose.preference ?? 'none',
      categories: list(columns.map(({ category }) => category)),
      recipients: list(recipients.map(({ name }) => name)),
      since: purpose.since,
    };
  });
  return { title: `Record of processing of ${policy.application}`, sections: [{ heading: 'Purposes', rows }] };
}

function notice(policy: ResolvedPolicy): Description {
  const collected = new Map<string, ResolvedColumn[]>();
  for (const column of personalColumns(policy)) {
    collected.set(column.access, [...(collected.get(column.access) ?? []), column]);
  }
  return {
    title: `Privacy notice, version ${policy.notices.at(-1)?.version ?? '1'}`,
    sections: [
      {
        heading: 'What we collect',
        rows: [...collected].map(([access, columns]) => ({
          class: access,
          data: list(columns.map(({ kind }) => wordsOf(kind))),
          mandatory: list(
            columns.filter(({ requiredFor }) => requiredFor !== undefined).map(({ kind }) => wordsOf(kind)),
          ),
          kept: list(
            columns.map(({ atRest }) => (atRest === 'clear' ? 'readable' : atRest === 'sealed' ? 'encrypted' : atRest)),
          ),
        })),
      },
      {
        heading: 'What we use it for',
        rows: [...policy.purposes.values()].map(({ name, basis, preference }) => ({
          purpose: name,
          because: basis.replaceAll('_', ' '),
          choice:
            preference === undefined
              ? 'part of the service'
              : preference === 'opt_in'
                ? 'only if you say yes'
                : 'unless you say no',
        })),
      },
      {
        heading: 'Who may receive it',
        rows: [...policy.recipients.values()].map((recipient) => ({
          recipient: recipient.name,
          as: recipient.class.replaceAll('_', ' '),
          data: list(
            recipient.categories.map((category) => category.split('.').at(-1)?.replaceAll('_', ' ') ?? category),
          ),
          purposes: list(recipient.purposes),
        })),
      },
    ],
  };
}

function personalColumns(policy: ResolvedPolicy): readonly ResolvedColumn[] {
  return [...policy.tables.values()].flatMap((table) => [...table.columns.values()]);
}

/** What a visitor calls it: the hash is our business. */
function wordsOf(kind: string): string {
  return kind === 'password_hash' ? 'password' : kind.replaceAll('_', ' ');
}

/** A recipient gets a column when a purpose of its own may open it and the category is one it is allowed. */
function recipientsOf(policy: ResolvedPolicy, column: ResolvedColumn): readonly string[] {
  return [...policy.recipients.values()]
    .filter((recipient) => recipient.purposes.some((purpose) => mayReceive(recipient, column, purpose)))
    .map(({ name }) => name);
}

function erasureText({ erase }: ResolvedColumn): string {
  return typeof erase === 'string' ? erase : `kept ${erase.days} days (${erase.retain})`;
}

function list(items: readonly string[]): string {
  return items.length === 0 ? 'none' : [...new Set(items)].join(', ');
}
