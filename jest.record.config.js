/** Records the histories of the replay tests: see tests/replay/record-histories.ts. */
module.exports = { ...require('./jest.config'), testMatch: ['<rootDir>/tests/replay/record-histories.ts'] };
