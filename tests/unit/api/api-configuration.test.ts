import { readApiConfiguration } from '../../../api/config';
import { BadConfiguration } from '../../../platform/configuration';

const WHOLE = {
  DATABASE_URL: 'postgres://handoff@localhost:5432/handoff',
  TEMPORAL_ADDRESS: 'localhost:7233',
  HANDOFF_PAYLOAD_KEY: 'ab'.repeat(32),
  HANDOFF_ACTORS_FILE: '/etc/handoff/actors.json',
};

describe("the API's environment", () => {
  it('needs four variables and has sound defaults for the rest', () => {
    expect(readApiConfiguration(WHOLE)).toEqual({
      databaseUrl: WHOLE.DATABASE_URL,
      temporalAddress: 'localhost:7233',
      temporalNamespace: 'default',
      payloadKey: WHOLE.HANDOFF_PAYLOAD_KEY,
      taskQueue: 'handoff',
      logLevel: 'info',
      host: '127.0.0.1',
      port: 4700,
      actorsFile: WHOLE.HANDOFF_ACTORS_FILE,
      corsOrigins: [],
      waitingLimit: 2_000,
      knownSides: 1_000_000,
      keptIdle: 75_000,
      hookSecrets: new Map(),
      production: false,
    });
  });

  it('lists everything that is missing or wrong at once, by variable, and no value', () => {
    const failure = caught(() =>
      readApiConfiguration({ HANDOFF_PORT: '70000-canary', DATABASE_URL: 'canary', HANDOFF_PAYLOAD_KEY: 'canary' }),
    );
    expect(failure).toBeInstanceOf(BadConfiguration);
    const { message } = failure as BadConfiguration;
    for (const variable of [
      'HANDOFF_PORT',
      'DATABASE_URL',
      'HANDOFF_PAYLOAD_KEY',
      'TEMPORAL_ADDRESS',
      'HANDOFF_ACTORS_FILE',
    ]) {
      expect(message).toContain(`- ${variable}: `);
    }
    expect(message).not.toContain('canary');
  });

  it('keeps connections for as long as is said, and takes no time that would cut questions off or be forgotten', () => {
    expect(readApiConfiguration({ ...WHOLE, HANDOFF_IDLE_SECONDS: '620' }).keptIdle).toBe(620_000);
    expect(readApiConfiguration({ ...WHOLE, HANDOFF_IDLE_SECONDS: '' }).keptIdle).toBe(75_000);
    for (const wrong of ['0', '4', '3601', '7.5', 'long']) {
      const failure = caught(() => readApiConfiguration({ ...WHOLE, HANDOFF_IDLE_SECONDS: wrong }));
      expect((failure as BadConfiguration).message).toContain(
        '- HANDOFF_IDLE_SECONDS: Give a number of seconds from 5',
      );
    }
  });

  it('knows production by NODE_ENV alone', () => {
    expect(readApiConfiguration({ ...WHOLE, NODE_ENV: 'production' }).production).toBe(true);
    expect(readApiConfiguration({ ...WHOLE, NODE_ENV: 'staging' }).production).toBe(false);
  });
});

function caught(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  throw new Error('Nothing was thrown.');
}
