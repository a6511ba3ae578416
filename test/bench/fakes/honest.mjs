/** Burns processor time in proportion to `cost`; the same sum comes out whatever it cost. */
const work = (cost) => ({
  sample: () => 'sum',
  run(operations) {
    let sum = 0;
    for (let round = 0; round < operations * cost; round += 1) sum = (sum * 31 + round) % 1_000_003;
    return sum;
  },
});
const contender = (name, cost, more = {}) => ({ name, prepare: async () => work(cost), ...more });

export const cases = [
  {
    name: 'thrice',
    question: 'Is three times the work <three> times as slow?',
    mode: 'process',
    operations: 2_000,
    contenders: [
      contender('ours', 100),
      contender('threefold', 300),
      {
        name: 'elsewhere',
        prepare: async () => {
          throw Object.assign(new Error('not installed: npm ci --prefix somewhere'), { name: 'Absent' });
        },
      },
    ],
  },
  {
    name: 'together',
    question: 'And in one process?',
    mode: 'together',
    operations: 2_000,
    contenders: [contender('ours', 100), contender('half', 50)],
  },
];
