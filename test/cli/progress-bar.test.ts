import { describe, expect, it } from 'vitest';
import { createProgressBar, grouped } from '../../src/cli/progress-bar.js';

function bar(isTerminal: boolean, columns?: number) {
  let nowMs = 0;
  const written: string[] = [];
  const clock = { nowMs: () => nowMs, wait: async () => undefined };
  const made = createProgressBar({ isTerminal, columns, write: (text) => written.push(text) }, clock);
  const at = (ms: number, done: number, name = 'customers', of = 10_000) => {
    nowMs = ms;
    made.update({ name, done, of });
  };
  return { at, end: () => made.end(), written };
}

describe('the progress bar', () => {
  it('draws over one line with share, rate and time left, at most ten times a second', () => {
    const { at, end, written } = bar(true);
    at(0, 0);
    at(50, 100);
    at(2000, 5000);
    end();
    end();
    expect(written).toEqual([
      '\r\u001b[2Kcustomers [........................] 0 %  0 of 10,000',
      '\r\u001b[2Kcustomers [##########..........] 50 %  5,000 of 10,000  2,500 rows/s  0:02 left',
      '\n',
    ]);
  });

  it('draws the end, however soon it comes, and never a line longer than the terminal', () => {
    const wide = bar(true, 40);
    wide.at(0, 0);
    wide.at(10, 10_000);
    expect(wide.written.at(-1)).toBe('\r\u001b[2Kcustomers 100 %  10,000 of 10,000  1,00');
    const narrow = bar(true, 20);
    narrow.at(0, 0);
    expect(narrow.written).toEqual(['\r\u001b[2Kcustomers 0 %  0 of'.slice(0, 24)]);
  });

  it('writes a plain line every five seconds where there is no terminal, and none for a table that takes a moment', () => {
    const { at, end, written } = bar(false);
    at(0, 0, 'small');
    at(900, 10_000, 'small');
    for (let second = 1; second <= 12; second += 1) at(1000 * second, 500 * second);
    end();
    expect(written).toEqual([
      'customers 30 %  3,000 of 10,000  500 rows/s  0:14 left\n',
      'customers 55 %  5,500 of 10,000  500 rows/s  0:09 left\n',
    ]);
  });

  it('tells the rate of the last seconds, not that of rows which a first run had done', () => {
    const { at, written } = bar(true);
    at(0, 0);
    at(1000, 9000);
    for (let second = 2; second <= 11; second += 1) at(1000 * second, 9000 + 10 * second);
    expect(written.at(-1)).toContain('10 rows/s  1:29 left');
  });

  it('begins anew with another table, and with another pass of the same', () => {
    const { at, written } = bar(true);
    at(0, 0);
    at(1000, 8000);
    at(2000, 10);
    at(3000, 20, 'lines', 20);
    expect(written.slice(2)).toEqual([
      '\r\u001b[2Kcustomers [........................] 0 %  10 of 10,000',
      '\r\u001b[2Klines [########################] 100 %  20 of 20',
    ]);
  });

  it('tells hours as hours', () => {
    const { at, written } = bar(true);
    at(0, 0, 'customers', 1_000_000);
    at(1000, 90, 'customers', 1_000_000);
    expect(written.at(-1)).toContain('3:05:11 left');
    expect([0, 999, 1000, 1_234_567].map(grouped)).toEqual(['0', '999', '1,000', '1,234,567']);
  });
});
