import { recordActivities } from '../../../activities/record/record-activities';
import type { WatchEnd } from '../../../domain/phase/cohort-event';
import type { GateOfCohort, GatesOfPhase } from '../../../domain/status/gates-of-phase';
import { GATE_ENTRIES } from '../../../store/gates-of-phase';
import { saveGateEvidence } from '../../../store/gate-evidence';
import { readMigrationStatus } from '../../../store/migration-status/read-migration-status';
import { markRollbackActionDone, saveRollbackActions } from '../../../store/rollback-actions';
import { changeSplit, createSplit, readSplit } from '../../../store/splits';
import { paymentRules } from '../../fixtures/phase-rules';
import { Story } from '../../unit/phase/story';
import { runCommand } from '../cli/run-command';
import { OTHERS, PAYMENT, startMigration } from '../sides/started-migration';
import { NOWHERE, startTestApi, type TestApi } from './running-api';

const LEASE = 60_000;
const GATE = 'routing-floor';
const CROSSED: WatchEnd = {
  kind: 'limitCrossed',
  gate: GATE,
  message: `${GATE}: kept 0.41 < 0.9 (n=87)`,
  newestAt: null,
};
const OUTCOMES = { target: { kept: 36, missed: 51 }, legacy: { kept: 243, missed: 18 } };

let api: TestApi;
let migration: string;
beforeEach(async () => {
  api = await startTestApi({ temporalAddress: NOWHERE });
  migration = await startMigration(api.db);
});
afterEach(() => api.stop());

async function raise(cohort: string): Promise<number> {
  const key = { migration, phase: 'payment', cohort };
  await createSplit(api.db, { ...key, lease: LEASE });
  const expectedEpoch = (await readSplit(api.db, key))?.epoch ?? 0;
  const content = { share: 10_000 * expectedEpoch, perDay: null, mode: 'open', cause: 'raised', lease: LEASE } as const;
  return (await changeSplit(api.db, { ...key, expectedEpoch, ...content })).epoch;
}

const look = (cohort: string, epoch: number, verdict: string, evidence: object): Promise<number> =>
  saveGateEvidence(api.db, { migration, phase: 'payment', cohort, gate: GATE, epoch, verdict, evidence });

/** Writes down what the engine makes of a go by two people, and of a limit that is crossed at the first step; gives the rollback's id. */
async function goesAndCrosses(): Promise<string> {
  const story = new Story(paymentRules());
  const lead = 'clinical-lead-1';
  story.preflight().approvedBy(lead, 'release-manager-2').preflight().trafficDone();
  story.happens({ kind: 'watchEnded', end: CROSSED }).trafficDone();
  story.happens({ kind: 'rollbackSettled', failures: [], epoch: story.run.epoch });
  const { run, recorded, rules } = story;
  const { recordTransition } = recordActivities(api.db);
  await recordTransition({ migration, phase: 'payment', planHash: rules.planHash, onceKey: 'story', run, recorded });
  return run.rollback?.id ?? '';
}

async function read(query = ''): Promise<GateOfCohort[]> {
  const { body } = await api
    .as('gate-automation')
    .get(`/v1/migrations/${migration}/phases/payment/gates${query}`)
    .expect(200);
  return (body as GatesOfPhase).gates;
}

describe('R37 the page of the gates', () => {
  it('has every gate of every cohort with the agreed text, before anybody looked', async () => {
    const gates = await read();
    expect(gates.map(({ gate, cohort }) => `${gate} ${cohort}`)).toEqual(
      [GATE, 'routing-against-legacy', 'messages-floor'].flatMap((gate) => [
        `${gate} ${PAYMENT.cohort}`,
        `${gate} ${OTHERS.cohort}`,
      ]),
    );
    expect(gates[0]).toMatchObject({
      ...{ severity: 'access', found: null, overrides: [], past: [] },
      handoff: { id: 'payment-to-provider-routing', start: 'payment.succeeded', end: ['review.assigned'] },
      agreed: {
        rule: 'kept on target under 90%, on evidence; goes on after 20 outcomes or more',
        then: {
          ...{ rule: 'routing-breaks', action: 'the cohort goes back to legacy' },
          agreedBy: ['release-managers', 'clinical-leads'],
        },
      },
      signed: [{ by: 'release-manager-1', as: 'started', verified: true }],
    });
    expect(await read(`?cohort=${OTHERS.cohort}&gate=messages-floor`)).toMatchObject([
      { gate: 'messages-floor', cohort: OTHERS.cohort },
    ]);
  });

  it('explains a verdict: both numbers, the evidence, who signed, since when', async () => {
    await goesAndCrosses();
    const epoch = await raise(OTHERS.cohort);
    const newestAt = '2026-03-02T09:00:00.000Z';
    const tested = { outcomes: OUTCOMES, logEvidence: Math.log(4_123), alpha: 0.05, carriedBy: 'floor' };
    await look(OTHERS.cohort, epoch, 'limitCrossed', { message: 'kept 0.41 < 0.9 (n=87)', newestAt, ...tested });
    const [gate] = await read(`?cohort=${OTHERS.cohort}&gate=${GATE}`);
    expect(gate?.found).toMatchObject({
      ...{ verdict: 'limitCrossed', epoch, isCurrent: true, newestAt, ...OUTCOMES },
      against: { shown: '1 in 4,100', agreed: '1 in 20' },
      sentence:
        'payment.succeeded -> review.assigned kept 41.3% of 87 on target, 93.1% of 261 on legacy; evidence 1 in 4,100 against chance (against the floor), agreed limit 1 in 20; ' +
        'signed by release-manager-1, clinical-lead-1 and release-manager-2',
    });
    const { since, evaluatedAt } = gate?.found ?? {};
    await look(OTHERS.cohort, epoch, 'limitCrossed', { message: 'kept 0.4 < 0.9 (n=88)', newestAt });
    const [again] = await read(`?cohort=${OTHERS.cohort}&gate=${GATE}`);
    expect(again?.found).toMatchObject({ since, against: null, target: null });
    expect(Date.parse(again?.found?.evaluatedAt ?? '')).toBeGreaterThanOrEqual(Date.parse(evaluatedAt ?? ''));
    await raise(OTHERS.cohort);
    expect((await read(`?cohort=${OTHERS.cohort}&gate=${GATE}`))[0]?.found).toMatchObject({ epoch, isCurrent: false });
  });

  it('shows who overrides it, in the sentence as well while it covers the verdict', async () => {
    const epoch = await raise(PAYMENT.cohort);
    await look(PAYMENT.cohort, epoch, 'insufficient', { message: '12 of the 20 outcomes needed on target' });
    const of = `?cohort=${PAYMENT.cohort}&gate=${GATE}`;
    const hash = (await read(of))[0]?.found?.evidence ?? '';
    const base = `/v1/migrations/${migration}`;
    const body = { cohort: PAYMENT.cohort, evidence: hash, reason: 'counted by hand' };
    const asked = await api
      .as('release-manager-1')
      .post(`${base}/phases/payment/gates/${GATE}/override`, body)
      .expect(200);
    expect((await read(of))[0]).toMatchObject({ overrides: [{ state: 'asked', askedBy: 'release-manager-1' }] });
    expect((await read(of))[0]?.found?.sentence).not.toContain('overridden');
    const { id } = (asked.body as { override: { id: string } }).override;
    await api.as('release-manager-2').post(`${base}/gate-overrides/${id}/confirm`, { evidence: hash }).expect(200);
    const by = 'overridden by release-manager-1 and release-manager-2: counted by hand';
    expect((await read(of))[0]?.found?.sentence).toContain(by);
    const ofGate = async () => (await readMigrationStatus(api.db, migration))?.phases[0]?.cohorts[0]?.gates[0];
    const people = { askedBy: 'release-manager-1', confirmedBy: 'release-manager-2', reason: 'counted by hand' };
    expect(await ofGate()).toMatchObject({ gate: GATE, override: people });
    await look(PAYMENT.cohort, epoch, 'limitCrossed', { message: 'kept 0.41 < 0.9 (n=87)' });
    expect((await read(of))[0]?.found?.sentence).not.toContain('overridden');
    expect(await ofGate()).not.toHaveProperty('override');
  });

  it('shows what was done about a limit that was crossed before, action by action', async () => {
    const epoch = await raise(OTHERS.cohort);
    await look(OTHERS.cohort, epoch, 'limitCrossed', { message: 'kept 0.41 < 0.9 (n=87)', outcomes: OUTCOMES });
    const rollback = await goesAndCrosses();
    const key = { migration, ...OTHERS, rollback };
    await saveRollbackActions(api.db, key, [
      { kind: 'lowerSplit', cohort: OTHERS.cohort, from: 10_000, to: 0 },
      { kind: 'bringBack', cohort: OTHERS.cohort, milestone: 'paid', people: 3, queue: 'payment-not-routed' },
    ]);
    await markRollbackActionDone(api.db, key, 0, {});
    const [gate] = await read(`?cohort=${OTHERS.cohort}&gate=${GATE}`);
    expect(gate?.past).toMatchObject([
      {
        ...{ message: CROSSED.message, inThisCohort: true },
        did: { kind: 'rollback', id: rollback, scope: 'cohort', failures: [] },
        actions: [
          { action: { kind: 'lowerSplit' }, done: true },
          { action: { kind: 'bringBack' }, done: false },
        ],
      },
    ]);
    expect(gate?.past[0]?.sentence).toContain('kept 41.3% of 87 on target');
    const done = gate?.past[0]?.did;
    expect(done?.kind === 'rollback' && Date.parse(done.doneAt ?? '')).toBeGreaterThan(0);
    expect((await read(`?cohort=${PAYMENT.cohort}&gate=${GATE}`))[0]?.past).toEqual([]);
  });

  it('finds what was decided and done about its gates by an index, among all that the log has of it', async () => {
    await api.db.query(
      `INSERT INTO audit (migration, phase, cohort, actor, verified, action, evidence)
       SELECT $1, 'payment', $2, 'engineer-' || n % 7, true, 'placement.broughtBack', jsonb_build_object('n', n) FROM generate_series(1, 20000) n`,
      [migration, PAYMENT.cohort],
    );
    await api.db.query('ANALYZE audit');
    const { rows } = await api.db.query<Record<string, unknown>>(`EXPLAIN (FORMAT JSON) ${GATE_ENTRIES}`, [
      migration,
      'payment',
    ]);
    expect(JSON.stringify(rows)).toContain('audit_of_gates');
  });

  it('is what the command shows', async () => {
    const epoch = await raise(OTHERS.cohort);
    await look(OTHERS.cohort, epoch, 'limitCrossed', { message: 'kept 0.41 < 0.9 (n=87)', outcomes: OUTCOMES });
    const rollback = await goesAndCrosses();
    await saveRollbackActions(api.db, { migration, ...OTHERS, rollback }, [
      { kind: 'lowerSplit', cohort: OTHERS.cohort, from: 10_000, to: 0 },
    ]);
    const env = { HANDOFF_URL: api.url, HANDOFF_TOKEN: api.tokens['support-lead-1'] };
    const { stdout, stderr } = await runCommand(['gate', 'show', 'payment', '--gate', GATE], env);
    expect(stderr).toBe('');
    expect(stdout).toContain(`GATE ${GATE}  ${PAYMENT.cohort}, access\n  not looked at yet\n`);
    for (const part of [
      /LIMIT CROSSED since \S+, last looked at \S+\n {2}payment\.succeeded -> review\.assigned kept 41\.3% of 87 on target/,
      /agreed: kept on target under 90%, on evidence; goes on after 20 outcomes or more\n/,
      /when it is crossed: the cohort goes back to legacy \(rule routing-breaks, agreed by release-managers, clinical-leads\)\n/,
      /signed by release-manager-1 \(started the migration with it, \S+\); clinical-lead-1 \(go\/no-go, \S+\); release-manager-2 \(go\/no-go/,
      /crossed: payment\.succeeded -> review\.assigned kept 41\.3%/,
      /rolled back \(cohort\), done \S+\n {4}1\. lower the share of arrivals on target from 10% to 0%, and read it back: not done yet/,
    ])
      expect(stdout).toMatch(part);
    // Of each gate, once; and once more for what it did, which may be of another version.
    const block = stdout.split('\n\n').find((one) => one.startsWith(`GATE ${GATE}  ${OTHERS.cohort}`)) ?? '';
    expect(block.split('\n').filter((line) => line.includes('signed by'))).toEqual([
      expect.stringMatching(/^ {2}signed by release-manager-1 \(/),
      expect.stringMatching(/ crossed: /),
    ]);
    const named = await runCommand(['gate', 'show', 'payment', '--gate', 'no-such-gate'], env);
    expect([named.exitCode, named.stderr]).toEqual([
      3,
      expect.stringContaining('This phase has no such gate. It has: routing-floor'),
    ]);
  });
});
