import type { CaseResult } from './measure.js';
import type { Report } from './report.js';
import { ratioText, timeText } from './report.js';

const width = 960;
const labelWidth = 330;
const numberWidth = 200;
const rowHeight = 26;
const headHeight = 44;
const plot = { left: labelWidth, right: width - numberWidth } as const;

interface Row {
  readonly label: string;
  readonly ratio: number;
  readonly low: number;
  readonly high: number;
  readonly text: string;
  readonly kind: 'against' | 'control' | 'void';
}

/**
 * The results as a picture: a point per contender with its interval, on a logarithmic axis around 1.00. It follows the
 * reader's light or dark setting, and says in text everything that it shows.
 */
export function picture({ results, machine, command, load }: Report): string {
  const rows = results.map((result) => ({ result, rows: rowsOf(result) }));
  const all = rows.flatMap((group) => group.rows);
  const reach = Math.max(1.25, ...all.flatMap(({ low, high }) => [high, 1 / low]));
  const x = (ratio: number) => {
    const share = (Math.log(ratio) / Math.log(reach) + 1) / 2;
    return plot.left + 20 + share * (plot.right - plot.left - 40);
  };
  const marks = ticks(reach);
  let y = 64;
  const body: string[] = [];
  for (const { result, rows: of } of rows) {
    y += headHeight;
    body.push(text(16, y - 14, `${result.name}: ${result.question}`, 'head'));
    for (const row of of) {
      body.push(rowSvg(row, y, x));
      y += rowHeight;
    }
  }
  const height = y + 70;
  const grid = marks.map((mark) => {
    const at = x(mark).toFixed(1);
    const kind = mark === 1 ? 'one' : 'grid';
    return `<line class="${kind}" x1="${at}" x2="${at}" y1="52" y2="${y}"/>${text(x(mark), y + 18, markText(mark), 'tick', 'middle')}`;
  });
  const forced = load.forced ? ' (over the limit)' : '';
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-labelledby="title what">`,
    '<title id="title">How many times as fast, with 95 % intervals</title>',
    `<desc id="what">${escapeXml(results.map(description).join(' '))}</desc>`,
    style,
    `<rect class="paper" width="${width}" height="${height}" rx="8"/>`,
    text(16, 30, 'How many times as fast ours is, with 95 % intervals (logarithmic axis)', 'title'),
    ...grid,
    text(x(1) + 10, 48, 'ours is faster →', 'tick'),
    text(x(1) - 10, 48, '← ours is slower', 'tick', 'end'),
    ...body,
    text(
      16,
      height - 32,
      `${machine.processor}, ${machine.cores} cores, Node ${machine.node}, load ${load.before.oneMinute} to ${load.after.oneMinute}${forced}`,
      'tick',
    ),
    text(16, height - 14, `$ ${command}`, 'tick'),
    '</svg>',
    '',
  ].join('\n');
}

const style = `<style>
  svg { color-scheme: light dark; font: 13px ui-sans-serif, system-ui, sans-serif; --paper: #ffffff; --ink: #1f2328; --soft: #59636e; --line: #d1d9e0; --mark: #0a5fb4; --bad: #b3261e; }
  @media (prefers-color-scheme: dark) { svg { --paper: #0d1117; --ink: #e6edf3; --soft: #9198a1; --line: #30363d; --mark: #6cb6ff; --bad: #ff8b82; } }
  .paper { fill: var(--paper); } text { fill: var(--ink); } .title { font-size: 16px; font-weight: 600; } .head { font-weight: 600; }
  .tick { fill: var(--soft); font-size: 12px; } .number { font-variant-numeric: tabular-nums; } .grid { stroke: var(--line); } .one { stroke: var(--soft); stroke-dasharray: 4 3; }
  .against { stroke: var(--mark); fill: var(--mark); } .control { stroke: var(--soft); fill: var(--soft); } .void { stroke: var(--bad); fill: var(--bad); } .interval { stroke-width: 3; stroke-linecap: round; }
</style>`;

function rowsOf(result: CaseResult): Row[] {
  const against = result.against.map((other) => ({
    ...other,
    label: `${other.contender} (${timeText(other.nsPerOperation)})`,
    text: ratioText(other),
    kind: result.isVoid ? ('void' as const) : ('against' as const),
  }));
  const kind = result.isVoid ? 'void' : 'control';
  return [
    ...against,
    {
      ...result.control,
      label: `ours (${timeText(result.ours.nsPerOperation)}) against ours`,
      text: ratioText(result.control),
      kind,
    },
  ];
}

function rowSvg(row: Row, y: number, x: (ratio: number) => number): string {
  const middle = y + 4;
  const [low, at, high] = [row.low, row.ratio, row.high].map((ratio) => x(ratio).toFixed(1));
  return [
    text(32, middle + 4, row.label, ''),
    `<line class="interval ${row.kind}" x1="${low}" x2="${high}" y1="${middle}" y2="${middle}"/>`,
    `<circle class="${row.kind}" cx="${at}" cy="${middle}" r="5"/>`,
    text(width - 16, middle + 4, row.kind === 'void' ? `${row.text} void` : row.text, 'number', 'end'),
  ].join('');
}

function ticks(reach: number): number[] {
  const candidates =
    reach > 20 ? [0.01, 0.1, 1, 10, 100] : reach > 4 ? [0.1, 0.25, 0.5, 1, 2, 4, 10] : [0.25, 0.5, 0.8, 1, 1.25, 2, 4];
  return candidates.filter((mark) => mark <= reach * 1.0001 && mark >= 0.9999 / reach);
}

function markText(mark: number): string {
  return mark === 1 ? '1.00' : String(mark);
}

function description(result: CaseResult): string {
  const of = result.against.map((other) => `${other.contender} ${ratioText(other)}`).join(', ');
  return `${result.name}: against ${of}; control ${ratioText(result.control)}${result.isVoid ? ', void' : ''}.`;
}

function text(x: number, y: number, content: string, kind: string, anchor?: 'middle' | 'end'): string {
  const where = anchor === undefined ? '' : ` text-anchor="${anchor}"`;
  return `<text class="${kind}" x="${x.toFixed(1)}" y="${y}"${where}>${escapeXml(content)}</text>`;
}

function escapeXml(content: string): string {
  return content.replace(
    /[&<>"]/g,
    (found) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[found] as string,
  );
}
