import { BadConfiguration } from '../../../platform/configuration';
import { readWorkerConfiguration } from '../../../worker/config';

const NEEDED = {
  DATABASE_URL: 'postgres://user@localhost:5432/handoff',
  TEMPORAL_ADDRESS: 'localhost:7233',
  HANDOFF_PAYLOAD_KEY: '0'.repeat(64),
};
const URL_WITH_SECRET = 'https://pages.example/ping/secret-of-ours';

describe("a worker's environment", () => {
  it('tells nobody that control is whole unless it says whom', () => {
    expect(readWorkerConfiguration(NEEDED).deadMan).toBeUndefined();
  });

  it('sends the dead-man signal every 30 s by POST where nothing else is said', () => {
    const { deadMan } = readWorkerConfiguration({ ...NEEDED, HANDOFF_DEADMAN_URL: URL_WITH_SECRET });
    expect(deadMan).toEqual({ url: URL_WITH_SECRET, method: 'POST', every: 30_000 });
  });

  it.each([
    [{ HANDOFF_DEADMAN_FAIL_URL: URL_WITH_SECRET }, 'HANDOFF_DEADMAN_URL'],
    [{ HANDOFF_DEADMAN_URL: URL_WITH_SECRET, HANDOFF_DEADMAN_METHOD: 'PUT' }, 'HANDOFF_DEADMAN_METHOD'],
    [{ HANDOFF_DEADMAN_URL: URL_WITH_SECRET, HANDOFF_DEADMAN_EVERY: '10' }, 'HANDOFF_DEADMAN_EVERY'],
    [{ HANDOFF_DEADMAN_URL: 'ftp://pages.example/secret-of-ours' }, 'HANDOFF_DEADMAN_URL'],
  ])('is refused by name, and never by value: %#', (changed, variable) => {
    let refused: unknown;
    try {
      readWorkerConfiguration({ ...NEEDED, ...changed });
    } catch (error) {
      refused = error;
    }
    expect(refused).toBeInstanceOf(BadConfiguration);
    expect(String(refused)).toContain(variable);
    expect(String(refused)).not.toContain('secret-of-ours');
  });
});
