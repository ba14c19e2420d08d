import type { DeclaredDead, ProcessList } from '../../../domain/status/process-standing';
import type { MigrationStatus } from '../../../domain/status/migration-status';
import { readAudit } from '../../../store/audit-log';
import { runCommand } from '../cli/run-command';
import { joinProcess } from '../sides/joined-process';
import { changeSplit, createSplit } from '../../../store/splits';
import { episodes, PAYMENT, startMigration } from '../sides/started-migration';
import { NOWHERE, startTestApi, type TestApi } from './running-api';

const REASON = 'the machine was taken out of service';

describe('API processes as people see them', () => {
  let api: TestApi;
  beforeEach(async () => {
    api = await startTestApi({ temporalAddress: NOWHERE });
    await api.db.query('UPDATE split_version SET version = version + 7');
  });
  afterEach(() => api.stop());

  const list = async (): Promise<Record<string, [string, boolean]>> => {
    const { body } = await api.as('gate-automation').get('/v1/processes').expect(200);
    const { processes } = body as ProcessList;
    return Object.fromEntries(processes.map(({ process, state, behind }) => [process, [state, behind]]));
  };
  const declareDead = (id: string, body: object = { reason: REASON }) =>
    api.as('engineer-1').post(`/v1/processes/${id}/declare-dead`, body);

  it('shows who is live, who has not taken the last change over, who has lapsed, and who is in limbo', async () => {
    await joinProcess(api.db, { id: 'a-live' });
    await joinProcess(api.db, { id: 'b-behind', behind: 1 });
    await joinProcess(api.db, { id: 'c-lapsed', leaseLeft: -1 });
    await joinProcess(api.db, { id: 'd-limbo', leaseLeft: -1, keepsJournal: true });
    expect(await list()).toMatchObject({
      'a-live': ['live', false],
      'b-behind': ['live', true],
      'c-lapsed': ['lapsed', false],
      'd-limbo': ['inLimbo', false],
    });
  });

  it('ends a limbo when somebody declares the process dead, with who, why and what it means', async () => {
    const migration = await startMigration(api.db);
    await joinProcess(api.db, { id: 'gone', leaseLeft: -1, keepsJournal: true });
    const { body } = await declareDead('gone').set('Idempotency-Key', 'once').expect(200);
    const answer = body as DeclaredDead;
    expect(answer).toMatchObject({ process: 'gone', migrations: [migration] });
    expect(answer.detail).toContain('unless it is started again with its journal');
    expect(await list()).not.toHaveProperty('gone');
    const { rows } = await api.db.query<{ limbo: boolean }>('SELECT somebody_in_limbo() AS limbo');
    expect(rows[0]?.limbo).toBe(false);

    // I13, once: the repeated request is answered alike.
    expect((await declareDead('gone').set('Idempotency-Key', 'once').expect(200)).body).toEqual(body);
    const { entries } = await readAudit(api.db, { migration, after: 0, limit: 10 });
    expect(entries).toEqual([
      expect.objectContaining({ action: 'process.declaredDead', actor: 'engineer-1', verified: true, reason: REASON }),
    ]);
  });

  it('keeps new patients on legacy while one is in limbo, and lets them go to target again when it is declared dead', async () => {
    const key = { migration: await startMigration(api.db), ...PAYMENT };
    await createSplit(api.db, { ...key, lease: 600_000 });
    await changeSplit(api.db, {
      ...{ ...key, expectedEpoch: 1, share: 100_000, perDay: null },
      ...{ mode: 'open', lease: 600_000, cause: 'raised' },
    });
    const [first, second] = episodes(2);
    const answer = async (unit = ''): Promise<string> => {
      const context = { targetingKey: unit, state: 'CO' };
      const path = `/ofrep/v1/evaluate/flags/${key.migration}.payment`;
      const { body } = await api.as('sandbox-stacks').post(path, { context }).expect(200);
      const { value, metadata } = body as { value: string; metadata: { why: string } };
      return `${value} ${metadata.why}`;
    };
    await joinProcess(api.db, { id: 'gone', leaseLeft: -1, keepsJournal: true });
    expect(await answer(first)).toBe('legacy limbo');
    const env = { HANDOFF_URL: api.url, HANDOFF_TOKEN: api.tokens['engineer-1'] };
    expect((await runCommand(['status'], env)).stdout).toMatch(/arrivals go to legacy: API process gone is in limbo/);
    await declareDead('gone').expect(200);
    expect(await answer(second)).toBe('target inShare');
    expect(await answer(first)).toBe('legacy placedBefore');
    expect((await runCommand(['status'], env)).stdout).not.toContain('arrivals go to legacy');
  });

  it('refuses to bury the living, the unknown, and without a reason', async () => {
    await joinProcess(api.db, { id: 'alive', keepsJournal: true });
    expect((await declareDead('alive').expect(409)).body).toMatchObject({ code: 'process-live' });
    expect((await declareDead('nobody').expect(404)).body).toMatchObject({ code: 'unknown-process' });
    expect((await declareDead('%00').expect(404)).body).toMatchObject({ code: 'unknown-process' });
    expect((await declareDead('alive', {}).expect(400)).body).toMatchObject({ code: 'bad-request' });
    const lead = api.as('clinical-lead-1').post('/v1/processes/alive/declare-dead', { reason: REASON });
    expect((await lead.expect(403)).body).toMatchObject({ code: 'role-missing' });
    expect(await list()).toHaveProperty('alive');
  });

  it('lets a process that is alive after all take its right anew', async () => {
    await joinProcess(api.db, { id: 'paused', leaseLeft: -1, keepsJournal: true });
    await declareDead('paused').expect(200);
    const { rows } = await api.db.query<{ right: string }>(
      `SELECT hold_sides_right('paused', gen_random_uuid(), 'a host', true, version, clock_timestamp(), 1000) AS right FROM split_version`,
    );
    expect(rows[0]?.right).toBe('held');
    expect(await list()).toMatchObject({ paused: ['live', false] });
  });

  it('is what the command shows and does', async () => {
    await joinProcess(api.db, { id: 'gone', leaseLeft: -1, keepsJournal: true, name: 'host-b' });
    const migration = await startMigration(api.db);
    const { body } = await api.as('engineer-1').get(`/v1/migrations/${migration}`).expect(200);
    expect((body as MigrationStatus).limbo).toMatchObject([{ process: 'gone', name: 'host-b' }]);
    const env = { HANDOFF_URL: api.url, HANDOFF_TOKEN: api.tokens['engineer-1'] };
    const shown = await runCommand(['processes'], env);
    expect([shown.exitCode, shown.stderr]).toEqual([0, '']);
    expect(shown.stdout).toMatch(/gone +host-b +IN LIMBO/);
    expect(shown.stdout).toContain('handoff processes declare-dead');
    const done = await runCommand(['processes', 'declare-dead', 'gone', '--reason', REASON, '--json'], env);
    expect(JSON.parse(done.stdout)).toMatchObject({ process: 'gone', migrations: [migration] });
    const again = await runCommand(['processes', 'declare-dead', 'gone', '--reason', REASON], env);
    expect([again.exitCode, again.stderr]).toEqual([3, expect.stringContaining('handoff processes') as string]);
  });
});
