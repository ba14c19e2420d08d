import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CliFailure } from '../../../cli/cli-failure';
import { findConnection } from '../../../cli/connection';
import { EXIT } from '../../../cli/exit-codes';

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'handoff-cli-'));
});
afterEach(() => rm(home, { recursive: true, force: true }));

const failureOf = async (work: Promise<unknown>): Promise<CliFailure> => {
  const failure: unknown = await work.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (failure instanceof CliFailure) return failure;
  throw new Error('It did not fail as a command does.');
};

describe('which system a command speaks to, and as whom', () => {
  it('says to start one where none runs here', async () => {
    const failure = await failureOf(findConnection({ HANDOFF_HOME: home }));
    expect(failure).toMatchObject({ code: 'no-system', exitCode: EXIT.notReachable });
    expect(failure.message).toContain("'npm start'");
    expect(failure.message).toContain(`there is no ${join(home, 'client.json')}`);
    expect(failure.message).toContain('HANDOFF_HOME');
  });

  it('takes the system that runs here, as its first release manager unless another is named', async () => {
    const tokens = { 'release-manager-1': 'one', 'engineer-1': 'two' };
    await writeFile(
      join(home, 'client.json'),
      JSON.stringify({ url: 'http://127.0.0.1:4700', tokens, sandboxUrl: 'http://127.0.0.1:1' }),
    );
    expect(await findConnection({ HANDOFF_HOME: home })).toEqual({ url: 'http://127.0.0.1:4700', token: 'one' });
    expect(await findConnection({ HANDOFF_HOME: home }, 'engineer-1')).toEqual({
      url: 'http://127.0.0.1:4700',
      token: 'two',
    });
    const failure = await failureOf(findConnection({ HANDOFF_HOME: home }, 'nobody'));
    expect(failure).toMatchObject({ code: 'unknown-actor', exitCode: EXIT.notAllowed });
    expect(failure.message).toContain('release-manager-1, engineer-1');
  });

  it('takes the one that the environment names, whatever runs here', async () => {
    const environment = { HANDOFF_HOME: home, HANDOFF_URL: 'https://handoff.example/', HANDOFF_TOKEN: 'three' };
    expect(await findConnection(environment)).toEqual({ url: 'https://handoff.example', token: 'three' });
  });

  it.each([
    [{ HANDOFF_URL: 'http://localhost:4700' }, 'HANDOFF_TOKEN is not set'],
    [{ HANDOFF_TOKEN: 'three' }, 'HANDOFF_URL is not set'],
    [{ HANDOFF_URL: 'localhost 4700', HANDOFF_TOKEN: 'three' }, 'not a URL'],
  ])('refuses half a connection: %j', async (environment, message) => {
    const failure = await failureOf(findConnection(environment));
    expect(failure.exitCode).toBe(EXIT.usage);
    expect(failure.message).toContain(message);
  });

  it("refuses '--as' where the token says who speaks", async () => {
    const environment = { HANDOFF_URL: 'http://localhost:4700', HANDOFF_TOKEN: 'three' };
    expect(await failureOf(findConnection(environment, 'engineer-1'))).toMatchObject({ exitCode: EXIT.usage });
  });

  it.each(['', '{', '{"url":"x"}'])('says what to do where the file is damaged: %j', async (content) => {
    await writeFile(join(home, 'client.json'), content);
    expect(await failureOf(findConnection({ HANDOFF_HOME: home }))).toMatchObject({ code: 'damaged-client-file' });
  });
});
