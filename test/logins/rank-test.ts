/**
 * Mann-Whitney U of two samples, two-sided, by the normal approximation with the correction for ties: how probable a
 * difference of the ranks as large as this one is where both come from one distribution.
 */
export function rankTest(a: readonly number[], b: readonly number[]): { readonly p: number; readonly auc: number } {
  const all = [...a.map((value) => ({ value, isA: true })), ...b.map((value) => ({ value, isA: false }))];
  all.sort((x, y) => x.value - y.value);
  let [rankSum, ties] = [0, 0];
  for (let at = 0; at < all.length; ) {
    let end = at;
    while (end < all.length && all[end]?.value === all[at]?.value) end += 1;
    const size = end - at;
    const rank = (at + 1 + end) / 2;
    for (let each = at; each < end; each += 1) if (all[each]?.isA) rankSum += rank;
    ties += size ** 3 - size;
    at = end;
  }
  const [n, m, total] = [a.length, b.length, all.length];
  const u = rankSum - (n * (n + 1)) / 2;
  const deviation = Math.sqrt(((n * m) / 12) * (total + 1 - ties / (total * (total - 1))));
  const z = deviation === 0 ? 0 : Math.abs(u - (n * m) / 2) / deviation;
  return { p: 2 * (1 - normal(z)), auc: u / (n * m) };
}

/** The normal distribution, by Abramowitz and Stegun 26.2.17; off by less than 1e-7. */
function normal(z: number): number {
  const t = 1 / (1 + 0.2316419 * z);
  const terms = [0.31938153, -0.356563782, 1.781477937, -1.821255978, 1.330274429];
  const sum = terms.reduce((rest, term, index) => rest + term * t ** (index + 1), 0);
  return 1 - (Math.exp(-(z ** 2) / 2) / Math.sqrt(2 * Math.PI)) * sum;
}

export function median(values: readonly number[]): number {
  return [...values].sort((x, y) => x - y)[Math.floor(values.length / 2)] ?? Number.NaN;
}
