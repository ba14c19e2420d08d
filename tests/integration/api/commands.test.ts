import type { RunningWorker } from '../../../worker/run-worker';
import { FollowedMigration } from './follow-migration';
import { startTestApi, type TestApi } from './running-api';
import { startTestWorker } from './test-worker';

let api: TestApi;
let worker: RunningWorker;
beforeAll(async () => {
  api = await startTestApi();
  worker = await startTestWorker(api);
});
afterAll(async () => {
  await worker.stop();
  await api.stop();
});

describe('commands to a phase under way', () => {
  it('refuses what does not fit, lets two people other than the starter approve, and takes each command once', async () => {
    const migration = await FollowedMigration.start(api, 'commanded');
    await migration.reaches('awaitingGoNoGo');

    // Who may decide.
    expect(await migration.says('release-manager-1', 'approve')).toMatchObject({
      status: 403,
      body: { code: 'approved-by-starter' },
    });
    expect(await migration.says('engineer-1', 'approve')).toMatchObject({
      status: 403,
      body: { code: 'role-missing' },
    });
    expect(await migration.says('gate-automation', 'approve')).toMatchObject({
      status: 403,
      body: { code: 'role-missing' },
    });

    // What was looked at.
    const { run } = await migration.cohort('pilot-states');
    const epoch = run?.epoch ?? 0;
    expect(
      await migration.says('release-manager-2', 'approve', { cohort: 'pilot-states', epoch: epoch + 1 }),
    ).toMatchObject({
      status: 409,
      body: { code: 'stale-epoch' },
    });
    expect(
      await migration.says('release-manager-2', 'approve', { cohort: 'pilot-states', evidence: 'older' }),
    ).toMatchObject({
      status: 409,
      body: { code: 'stale-evidence' },
    });

    // What is named.
    expect(await migration.says('release-manager-2', 'approve', { cohort: 'nobody' })).toMatchObject({
      status: 404,
      body: { code: 'unknown-cohort' },
    });
    const otherPhase = await api.as('release-manager-2').post('/v1/migrations/commanded/phases/intake/approve', {});
    expect([otherPhase.status, (otherPhase.body as { code: string }).code]).toEqual([404, 'unknown-phase']);
    const otherMigration = await api.as('release-manager-2').post('/v1/migrations/other/phases/payment/approve', {});
    expect([otherMigration.status, (otherMigration.body as { code: string }).code]).toEqual([404, 'unknown-migration']);

    // Two people, on the evidence and the epoch that they saw.
    for (const actor of ['release-manager-2', 'clinical-lead-1'] as const) {
      for (const cohort of ['pilot-states', 'everyone-else']) {
        const standing = await migration.cohort(cohort);
        const body = { cohort, epoch: standing.run?.epoch, evidence: standing.run?.request?.evidenceHash };
        expect(await migration.says(actor, 'approve', body)).toMatchObject({
          status: 200,
          body: { outcome: 'done', cohorts: [{ cohort }] },
        });
      }
      if (actor === 'release-manager-2') {
        expect(await migration.says(actor, 'approve')).toMatchObject({
          status: 409,
          body: { code: 'already-approved' },
        });
      }
    }
    await migration.reaches('watching');
    expect(await migration.says('release-manager-2', 'approve')).toMatchObject({
      status: 409,
      body: { code: 'approval-not-wanted' },
    });
    expect(await migration.says('release-manager-2', 'resume')).toMatchObject({ status: 409 });

    // A key makes a command repeatable; without one it is a second command.
    const paused = await migration.says('support-lead-1', 'pause', { reason: 'support is full' }, 'pause-1');
    expect(paused).toMatchObject({ status: 200, body: { outcome: 'done' } });
    expect(await migration.says('support-lead-1', 'pause', { reason: 'support is full' }, 'pause-1')).toEqual(paused);
    expect(await migration.says('support-lead-1', 'pause', { reason: 'support is full' })).toMatchObject({
      status: 409,
      body: { code: 'nothing-to-pause' },
    });
    await migration.reaches('paused');

    // Somebody else's key is another command, and is judged as one.
    expect(await migration.says('clinical-lead-1', 'pause', { reason: 'support is full' }, 'pause-1')).toMatchObject({
      status: 409,
      body: { code: 'nothing-to-pause' },
    });

    const preview = await api
      .as('engineer-1')
      .get('/v1/migrations/commanded/phases/payment/rollback-preview?scope=phase');
    expect(preview.status).toBe(200);
    expect((preview.body as { cohorts: object[] }).cohorts).toHaveLength(2);

    expect(
      await migration.says('engineer-1', 'rollback', { scope: 'phase', reason: 'routing is broken' }),
    ).toMatchObject({
      status: 200,
      body: { outcome: 'done' },
    });
    await migration.reaches('rolledBack');
    for (const cohort of ['pilot-states', 'everyone-else'])
      expect((await migration.cohort(cohort)).split?.share).toBe(0);

    // I13: who, and why.
    const entries = await migration.audit();
    expect(entries[0]).toMatchObject({ action: 'migration.started', actor: 'release-manager-1' });
    const said = entries.filter((entry) => entry.actor === 'support-lead-1' && entry.reason === 'support is full');
    expect(said.map((entry) => entry.action)).toHaveLength(2);
    expect(entries.some((entry) => entry.actor === 'engineer-1' && entry.reason === 'routing is broken')).toBe(true);

    expect(await migration.says('engineer-1', 'abort', { reason: 'not this year' })).toMatchObject({ status: 200 });
    await migration.reaches('takenOut');
  });

  it('says that a phase takes no commands once it has ended', async () => {
    const migration = await FollowedMigration.start(api, 'over');
    await migration.reaches('awaitingGoNoGo');
    expect(await migration.says('engineer-1', 'abort')).toMatchObject({ status: 200 });
    await migration.ends();
    for (const command of ['pause', 'approve']) {
      expect(await migration.says('release-manager-2', command)).toMatchObject({
        status: 409,
        body: { code: 'phase-not-under-way' },
      });
    }
  });

  it('pages through the audit log without a gap and without a repeat', async () => {
    const all = (await api.as('engineer-1').get('/v1/migrations/over/audit?limit=1000')).body as {
      entries: { id: number }[];
    };
    const seen: number[] = [];
    for (let after: number | null = 0; after !== null;) {
      const page = (await api.as('engineer-1').get(`/v1/migrations/over/audit?limit=2&after=${after}`)).body as {
        entries: { id: number }[];
        next: number | null;
      };
      seen.push(...page.entries.map(({ id }) => id));
      after = page.next;
    }
    expect(seen.length).toBeGreaterThan(2);
    expect(seen).toEqual(all.entries.map(({ id }) => id));
  });
});
