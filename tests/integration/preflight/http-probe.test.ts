import { HttpProbe } from '../../../activities/preflight/http-probe';
import { type Behaviour, startLocalHttpServer } from '../local-http-server';
import { itBehavesLikeAProbe, type RunningProbe } from './probe-conformance';

const TIMEOUT = 2_000;
const CANARY = 'a-patients-own-words';

async function start(): Promise<RunningProbe> {
  const server = await startLocalHttpServer();
  return {
    probe: new HttpProbe({ url: `${server.url}/status`, expectStatus: 200, timeout: TIMEOUT }),
    timeout: TIMEOUT,
    beHealthy: () => {
      server.behave({ status: 200, headers: { 'x-note': CANARY }, body: CANARY });
    },
    beBroken: () => {
      server.behave({ status: 503, headers: { 'x-note': CANARY }, body: CANARY });
    },
    fallSilent: () => {
      server.behave('silent');
    },
    goAway: () => server.stop(),
    canary: CANARY,
    received: () => server.received,
    stop: () => server.stop(),
  };
}

describe('HttpProbe', () => {
  itBehavesLikeAProbe(start);

  it.each<[string, Behaviour, string]>([
    ['the expected status', { status: 204 }, 'pass: expected 204, got 204'],
    ['another success', { status: 200 }, 'fail: expected 204, got 200'],
    ['a server error', { status: 503 }, 'fail: expected 204, got 503'],
    ['a broken connection', 'hangUp', 'fail: expected 204, could not reach it (UND_ERR_SOCKET)'],
    ['no answer', 'silent', 'fail: expected 204, got no answer within 2000 ms'],
  ])('names what it expected and what it saw: %s', async (_case, behaviour, finding) => {
    const server = await startLocalHttpServer();
    server.behave(behaviour);
    const { result, message } = await new HttpProbe({ url: server.url, expectStatus: 204, timeout: TIMEOUT }).run();
    expect(`${result}: ${message}`).toBe(finding);
    await server.stop();
  });

  it('takes a redirect for the status it is, and does not follow it', async () => {
    const server = await startLocalHttpServer();
    server.behave({ status: 302, headers: { location: '/healthy' } });
    const probe = (expectStatus: number) => new HttpProbe({ url: `${server.url}/old`, expectStatus, timeout: TIMEOUT });
    expect(await probe(200).run()).toEqual({ result: 'fail', message: 'expected 200, got 302' });
    expect(await probe(302).run()).toEqual({ result: 'pass', message: 'expected 302, got 302' });
    expect(server.received.map(({ path }) => path)).toEqual(['/old', '/old']);
    await server.stop();
  });

  it('goes by the head of an answer whose body never ends', async () => {
    const server = await startLocalHttpServer();
    server.behave('endlessBody');
    const { result } = await new HttpProbe({ url: server.url, expectStatus: 200, timeout: TIMEOUT }).run();
    expect(result).toBe('pass');
    await server.stop();
  });

  it('fails a stack that refuses connections', async () => {
    const server = await startLocalHttpServer();
    await server.stop();
    expect(await new HttpProbe({ url: server.url, expectStatus: 200, timeout: TIMEOUT }).run()).toEqual({
      result: 'fail',
      message: 'expected 200, could not reach it (ECONNREFUSED)',
    });
  });

  it('finds rather than throws where the address is not one it can ask', async () => {
    const { result } = await new HttpProbe({ url: 'ftp://127.0.0.1/', expectStatus: 200, timeout: TIMEOUT }).run();
    expect(result).toBe('fail');
  });
});
