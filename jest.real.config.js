/**
 * Rehearsals of whole systems on real event logs, one after the other: minutes each. `npm run test:real`
 * @type {import('jest').Config}
 */
module.exports = {
  ...require('./jest.config.js'),
  testMatch: ['<rootDir>/tests/real/**/*.test.ts'],
  // Each rehearsal brings up a system of its own.
  globalSetup: undefined,
  globalTeardown: undefined,
  testTimeout: 600_000,
  maxWorkers: 1,
};
