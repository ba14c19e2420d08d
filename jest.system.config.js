/**
 * What takes a whole system, or minutes: starting and killing everything, every rollback there is, the benchmarks. `npm run test:system`
 * @type {import('jest').Config}
 */
module.exports = {
  ...require('./jest.config.js'),
  testMatch: ['<rootDir>/tests/system/**/*.test.ts'],
};
