export const cases = [
  {
    name: 'disagree',
    question: 'Do they compute the same?',
    mode: 'process',
    operations: 1,
    contenders: ['a', 'b'].map((name) => ({ name, prepare: async () => ({ sample: () => name, run: () => 1 }) })),
  },
  {
    name: 'unconsumed',
    question: 'Is the result consumed?',
    mode: 'together',
    operations: 1,
    contenders: ['a', 'b'].map((name) => ({ name, prepare: async () => ({ sample: () => '', run: () => undefined }) })),
  },
  {
    name: 'dying',
    question: 'What if a contender crashes?',
    mode: 'process',
    operations: 1,
    contenders: ['a', 'b'].map((name) => ({ name, prepare: async () => process.exit(7) })),
  },
];
