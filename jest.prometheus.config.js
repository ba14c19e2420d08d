/**
 * A real Prometheus that gates read. Needs the program `prometheus` (Debian: apt-get install prometheus). `npm run test:prometheus`
 * @type {import('jest').Config}
 */
module.exports = {
  ...require('./jest.config.js'),
  testMatch: ['<rootDir>/tests/prometheus/**/*.test.ts'],
  testTimeout: 120_000,
  maxWorkers: 1,
};
