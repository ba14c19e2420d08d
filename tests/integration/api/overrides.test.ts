import type { SideOverride } from '../../../domain/status/side-override';
import { readAudit } from '../../../store/audit-log';
import { until } from '../../setup/until';
import { runCommand } from '../cli/run-command';
import { joinProcess } from '../sides/joined-process';
import { PLAN_TEXT, startMigration } from '../sides/started-migration';
import { NOWHERE, startTestApi, type ActorId, type TestApi } from './running-api';

const TEST_UNIT = 'epi_00000000-0000-4000-8000-00000000007e';
const REAL_UNIT = 'epi_00000000-0000-4000-8000-00000000000a';
const REASON = 'checks before go/no-go';

describe('overrides of test patients', () => {
  let api: TestApi;
  let migration: string;
  beforeEach(async () => {
    api = await startTestApi({ temporalAddress: NOWHERE });
    migration = await startMigration(api.db, { planText: `${PLAN_TEXT}\ntestUnits: [${TEST_UNIT}]\n` });
  });
  afterEach(() => api.stop());

  const path = (): string => `/v1/migrations/${migration}/overrides`;
  const set = (change: object = {}, actor: ActorId = 'engineer-1') =>
    api.as(actor).post(path(), { phase: 'payment', unit: TEST_UNIT, side: 'target', reason: REASON, ...change });
  const answered = async (unit = TEST_UNIT): Promise<{ value: string; metadata: { why: string } }> => {
    const context = { targetingKey: unit, state: 'CO' };
    const response = await api
      .as('sandbox-stacks')
      .post(`/ofrep/v1/evaluate/flags/${migration}.payment`, { context })
      .expect(200);
    return response.body as { value: string; metadata: { why: string } };
  };

  it('are answered at once, with why, and listed with who gave them', async () => {
    expect(await answered()).toMatchObject({ value: 'legacy', metadata: { why: 'notOpened' } });
    expect((await answered()).metadata.why).toBe('placedBefore');
    const { body } = await set().expect(200);
    expect(body).toMatchObject({ phase: 'payment', unit: TEST_UNIT, side: 'target', setBy: 'engineer-1' });
    const override = { value: 'target', reason: 'TARGETING_MATCH', metadata: { why: 'override', epoch: 0 } };
    for (let asked = 0; asked < 3; asked += 1) expect(await answered()).toMatchObject(override);
    for (const answer of await Promise.all(Array.from({ length: 10 }, () => answered()))) {
      expect(answer).toMatchObject(override);
    }
    expect((await api.as('support-lead-1').get(path()).expect(200)).body).toEqual({ overrides: [body] });
  });

  it('are never a way to move a real patient: a key that the plan does not name is refused, and not repeated', async () => {
    const { body } = await set({ unit: REAL_UNIT }).expect(403);
    expect(body).toMatchObject({ code: 'not-a-test-unit' });
    expect(JSON.stringify(body)).not.toContain(REAL_UNIT);
    expect(await answered(REAL_UNIT)).toMatchObject({ value: 'legacy' });
    expect(api.log()).not.toMatch(/epi_/);
  });

  it.each<[string, object, number, string]>([
    ['a key of another kind', { unit: 'pat_00000000-0000-4000-8000-00000000007e' }, 400, 'key-outside-grammar'],
    ['a name', { unit: 'Jane Doe' }, 400, 'key-outside-grammar'],
    ['another phase', { phase: 'intake' }, 404, 'unknown-phase'],
    ['another side', { side: 'new' }, 400, 'bad-request'],
    ['no reason', { reason: undefined }, 400, 'bad-request'],
  ])('refuse %s', async (_what, change, status, code) => {
    expect((await set(change).expect(status)).body).toMatchObject({ code });
  });

  it.each<ActorId>(['clinical-lead-1', 'gate-automation', 'sandbox-stacks'])(
    'are not for %s to give',
    async (actor) => {
      expect((await set({}, actor).expect(403)).body).toMatchObject({ code: 'role-missing' });
    },
  );

  it('are answered to whoever gave them only when every process has taken them over', async () => {
    await answered();
    await joinProcess(api.db, { id: 'slow', leaseLeft: 600_000 });
    let done = false;
    const given = set()
      .expect(200)
      .then(() => {
        done = true;
      });
    await until('the override to be written', async () => {
      const { rowCount } = await api.db.query('SELECT FROM side_change WHERE migration = $1', [migration]);
      return rowCount === 1;
    });
    expect(done).toBe(false);
    await joinProcess(api.db, { id: 'slow', leaseLeft: 600_000 });
    await given;
  });

  it('I13 are carried out once a request, and in the audit log', async () => {
    for (let sent = 0; sent < 2; sent += 1) await set().set('Idempotency-Key', 'once').expect(200);
    const { entries } = await readAudit(api.db, { migration, after: 0, limit: 10 });
    expect(entries).toEqual([
      expect.objectContaining({ action: 'override.set', actor: 'engineer-1', reason: REASON, phase: 'payment' }),
    ]);
  });

  it('are what the command gives, lists and removes', async () => {
    const env = { HANDOFF_URL: api.url, HANDOFF_TOKEN: api.tokens['engineer-1'] };
    const handoff = async (...words: string[]): Promise<string> => {
      const { exitCode, stdout, stderr } = await runCommand(['override', ...words], env);
      expect([exitCode, stderr]).toEqual([0, '']);
      return stdout;
    };
    const of = ['--phase', 'payment', '--unit', TEST_UNIT, '--reason', REASON];
    expect(await handoff('set', ...of, '--side', 'target')).toContain('is on target in payment');
    expect(await handoff('list')).toMatch(new RegExp(`payment +${TEST_UNIT} +target +engineer-1`));
    const listed = JSON.parse(await handoff('list', '--json')) as { overrides: SideOverride[] };
    expect(listed.overrides).toHaveLength(1);
    expect(await handoff('remove', ...of)).toContain('It keeps its side, target');
    expect(await handoff('list')).toContain('No test unit was given a side.');
    expect(await answered()).toMatchObject({ value: 'target', metadata: { why: 'placedBefore' } });
    const again = await runCommand(['override', 'remove', ...of], env);
    expect(again.exitCode).toBe(3);
  });
});
