/** The place that test/house/lint.test.ts puts its texts in: a project of one file is checked in a second. */
export {};
