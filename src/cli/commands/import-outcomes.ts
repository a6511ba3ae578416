import type {
  ConfirmReport,
  ImportFailure,
  ImportReport,
  ImportStatus,
  ImportVerification,
  ResidueReport,
  RevertReport,
} from '../../fields/index.js';
import type { Outcome } from '../output.js';
import { grouped } from '../progress-bar.js';

const stopped = 'Stopped; the same command goes on from here.';
const listedKeys = 5;

export function imported(report: ImportReport): Outcome {
  const lines = report.tables.map(
    ({ table, changed, seen, left, duplicates }) =>
      `  ${table}: ${grouped(changed)} of ${grouped(seen)} rows written, ${grouped(left)} plaintexts wait, ${grouped(duplicates)} duplicates`,
  );
  for (const { table, index, row, other } of report.duplicates) {
    const with_ = other === null ? 'another row' : `row ${keyOf(other)}`;
    lines.push(`  ${table}.${index}: row ${keyOf(row)} has the value of ${with_}`);
  }
  const first = !report.complete
    ? stopped
    : report.left === 0
      ? 'Every plaintext has its sealed value.'
      : `${grouped(report.left)} plaintexts have no sealed value.`;
  return { json: { ...report }, lines: [first, ...lines, ...failed(report.failures)] };
}

export function counted(status: ImportStatus): Outcome {
  const lines = status.columns.flatMap(({ table, column, source, state, until, over, pending, plaintext, sealed }) => [
    `${table}.${column} from ${source}: ${state}, until ${until}${over ? ' (over)' : ''}`,
    `  sealed     ${grouped(sealed).padStart(12)}`,
    `  plaintext  ${grouped(plaintext).padStart(12)}`,
    ...(pending > 0 ? [`  waiting    ${grouped(pending).padStart(12)}`] : []),
  ]);
  return { json: { ...status }, lines };
}

export function verified(report: ImportVerification): Outcome {
  const lines = report.columns.map(
    ({ table, column, equal, alone, pending, differs, failed: unread }) =>
      `  ${table}.${column}: ${grouped(equal)} equal, ${grouped(alone)} sealed alone, ${grouped(pending)} waiting, ${grouped(differs)} different, ${grouped(unread)} unreadable`,
  );
  for (const { table, key } of report.differing) lines.push(`  ${table}: row ${keyOf(key)} differs`);
  if (report.staleIndexes > 0) lines.push(`  ${grouped(report.staleIndexes)} rows with another blind index`);
  const first = !report.complete ? stopped : report.verified ? 'Verified: no difference.' : 'Not verified.';
  return { json: { ...report }, lines: [first, ...lines, ...failed(report.failures)] };
}

export function reverted(report: RevertReport): Outcome {
  const lines = report.tables.map(
    ({ table, changed, sealed }) =>
      `  ${table}: ${grouped(changed)} rows written, ${grouped(sealed)} values stay sealed`,
  );
  const first = !report.complete
    ? stopped
    : report.left === 0
      ? 'The plaintext is back.'
      : `${grouped(report.left)} values stay sealed.`;
  return { json: { ...report }, lines: [first, ...lines, ...failed(report.failures)] };
}

export function confirmed(report: ConfirmReport): Outcome {
  const lines = report.tables.map(
    ({ table, erased, left }) =>
      `  ${table}: plaintext taken out of ${grouped(erased)} rows, ${grouped(left)} plaintexts left`,
  );
  const first = !report.complete
    ? stopped
    : report.confirmed
      ? 'Confirmed: no plaintext is left in the tables.'
      : 'Not confirmed.';
  return { json: { ...report }, lines: [first, ...lines, ...failed(report.failures)] };
}

export function leftBehind(report: ResidueReport): Outcome {
  const lines = report.residues.map(({ state, kind, place, count, until, advice }) => {
    const what = `${kind}${place === undefined ? '' : ` ${place}`}${count === undefined ? '' : ` (${grouped(count)})`}`;
    return `  ${state.padEnd(7)}  ${what}: ${advice}${until === undefined ? '' : `; gone after ${until}`}`;
  });
  const first =
    report.left === 0
      ? 'Nothing that SQL can see holds plaintext.'
      : `${grouped(report.left)} places are known to hold plaintext.`;
  return { json: { ...report }, lines: [first, ...lines] };
}

/** Keys only: they say where to look, and nothing of what is there. */
function failed(failures: readonly ImportFailure[]): readonly string[] {
  return failures.map(({ table, column, code, rows, keys }) => {
    const some = keys.slice(0, listedKeys).map(keyOf).join(' ');
    return `  ${table}.${column}: ${grouped(rows)} rows stay as they are (${code}): ${some}${rows > listedKeys ? ' ...' : ''}`;
  });
}

/** A key is the application's own text: nothing in it may move a terminal's cursor. */
function keyOf(parts: readonly string[]): string {
  return parts.map((part) => part.replace(/[^\x21-\x7e]/g, '?').slice(0, 64)).join('/');
}
