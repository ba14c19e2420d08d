/**
 * The real OpenFeature clients against the running API. `npm run test:clients`, which lends Node's own EventSource to the web client.
 * @type {import('jest').Config}
 */
module.exports = {
  ...require('./jest.config.js'),
  testMatch: ['<rootDir>/tests/clients/**/*.test.ts'],
  testTimeout: 60_000,
  maxWorkers: 1,
};
