import type { Load, Machine } from './machine.js';
import type { CaseResult } from './measure.js';
import type { Ratio } from './ratio.js';

/** Everything a reader needs to believe a number, or to doubt it. */
export interface Report {
  readonly command: string;
  readonly machine: Machine;
  readonly load: { readonly before: Load; readonly after: Load; readonly forced: boolean };
  readonly seed: number;
  readonly results: readonly CaseResult[];
}

export function reportText({ command, machine, load, results }: Report): string {
  const versions = Object.entries(machine.versions).map(([name, version]) => `${name} ${version}`);
  return [
    `$ ${command}`,
    `${machine.processor}, ${machine.cores} cores, ${machine.memoryGiB} GiB, ${machine.system}`,
    `Node ${machine.node}, OpenSSL ${machine.openssl}${versions.length > 0 ? `, ${versions.join(', ')}` : ''}`,
    `load ${load.before.oneMinute} before and ${load.after.oneMinute} after (limit ${load.before.limit})${load.forced ? ': over the limit, measured all the same (--force)' : ''}`,
    ...results.map(caseText),
  ].join('\n');
}

export function caseText(result: CaseResult): string {
  const { name, question, mode, operations, slices, rounds, generations, ours, against, control, absent } = result;
  const how = mode === 'process' ? 'a process per contender' : 'all in one process';
  const width = Math.max(...[ours, ...against, ...absent].map(({ contender }) => contender.length), 'control'.length);
  const line = (contender: string, rest: string) => `  ${contender.padEnd(width)}  ${rest}`;
  return [
    '',
    `${name}: ${question}`,
    `  ${rounds} rounds of ${slices} x ${operations} operations in ${generations} sets of processes, ${how}`,
    line(ours.contender, `${timeText(ours.nsPerOperation).padStart(9)}  ours`),
    ...against.map((other) =>
      line(other.contender, `${timeText(other.nsPerOperation).padStart(9)}  ours is ${ratioText(other)} times as fast`),
    ),
    line('control', `${''.padStart(9)}  ours against ours: ${ratioText(control)}${controlText(result)}`),
    ...absent.map(({ contender, reason }) => line(contender, `${''.padStart(9)}  left out: ${reason}`)),
  ].join('\n');
}

function controlText({ isVoid, attempts }: CaseResult): string {
  if (isVoid) return ` – VOID: it does not straddle 1.00, after ${attempts} attempts; the ratios above prove nothing`;
  return attempts > 1 ? ` – at attempt ${attempts}` : '';
}

export function ratioText({ ratio, low, high }: Ratio): string {
  return `${ratio.toFixed(2)} [${low.toFixed(2)}, ${high.toFixed(2)}]`;
}

export function timeText(ns: number): string {
  if (ns < 1000) return `${ns.toFixed(0)} ns`;
  if (ns < 1e6) return `${(ns / 1000).toFixed(2)} µs`;
  return `${(ns / 1e6).toFixed(2)} ms`;
}
