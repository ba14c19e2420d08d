/**
 * Generated histories, judged one by one, with and without planted faults, and a few with killed processes. `npm run test:histories`
 * @type {import('jest').Config}
 */
module.exports = {
  ...require('./jest.config.js'),
  testMatch: ['<rootDir>/tests/histories/**/*.test.ts'],
  // They have servers of their own.
  globalSetup: undefined,
  globalTeardown: undefined,
  testTimeout: 600_000,
  maxWorkers: 1,
};
