import { hostilePlans } from '../../fixtures/hostile-plans';
import { startTestApi, type TestApi } from './running-api';

interface Refusal {
  code: string;
  problems?: { code: string; line: number }[];
}

/** What the API takes of a body, in bytes. */
const BODY_LIMIT = 1_048_576;
/** Kilobytes that the worst of them may add to what the process has anyhow. */
const MORE_MEMORY = 500_000;

let api: TestApi;

beforeAll(async () => {
  api = await startTestApi();
});

afterAll(() => api.stop());

describe('POST /v1/plans/lint of what is sent by mistake, or to hurt', () => {
  const before = process.resourceUsage().maxRSS;

  it.each(hostilePlans())('$name: refused with its code and line', async ({ bytes, code, line }) => {
    const sent = await fetch(`${api.url}/v1/plans/lint`, {
      method: 'POST',
      headers: { 'content-type': 'text/yaml', authorization: `Bearer ${api.tokens['engineer-1']}` },
      body: bytes,
    });
    const refusal = (await sent.json()) as Refusal;
    if (bytes.length > BODY_LIMIT) {
      expect(sent.status).toBe(413);
      return;
    }
    expect([sent.status, refusal.code]).toEqual([400, 'bad-plan']);
    expect((refusal.problems ?? []).map((problem) => [problem.code, problem.line])).toContainEqual([code, line]);
  });

  it('leaves the process as large as it was, and answering', async () => {
    const more = process.resourceUsage().maxRSS - before;
    process.stdout.write(`memory: ${String(Math.round(more / 1_000))} MB more at most\n`);
    expect(more).toBeLessThan(MORE_MEMORY);
    expect((await fetch(`${api.url}/healthz`)).status).toBe(200);
  });
});
