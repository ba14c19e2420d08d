/**
 * A real HAProxy that follows splits. Needs the program `haproxy` (Debian: apt-get install haproxy). `npm run test:haproxy`
 * @type {import('jest').Config}
 */
module.exports = {
  ...require('./jest.config.js'),
  testMatch: ['<rootDir>/tests/haproxy/**/*.test.ts'],
  testTimeout: 120_000,
  maxWorkers: 1,
};
