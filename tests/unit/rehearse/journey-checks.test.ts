import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { absenceChecks } from '../../../cli/rehearse/checks/absence-checks';
import { CliFailure } from '../../../cli/cli-failure';
import { EXIT } from '../../../cli/exit-codes';
import { isRefused } from '../../../cli/rehearse/cases/work-on-cases';
import { caseChecks } from '../../../cli/rehearse/checks/case-checks';
import { journeyChecks } from '../../../cli/rehearse/checks/journey-checks';
import { rollBackChecks, type RollBackStory } from '../../../cli/rehearse/checks/roll-back-checks';
import type { CaseWork } from '../../../cli/rehearse/cases/work-on-cases';
import type { Facts } from '../../../cli/rehearse/gather-facts';
import type { Check } from '../../../cli/rehearse/rehearsal-report';
import { setUpRehearsal, type RehearsalSetup } from '../../../cli/rehearse/rehearsal-setup';
import type { AbsenceScene } from '../../../cli/rehearse/script/script-schema';
import type { CohortStanding } from '../../../domain/status/migration-status';
import { exception, goodPayment, line, moment, told } from './rehearsal-facts';

const EXAMPLES = join(__dirname, '..', '..', '..', 'examples');
let setup: RehearsalSetup;
beforeAll(async () => {
  const planText = readFileSync(join(EXAMPLES, 'telehealth.yaml'), 'utf8');
  const script = { text: readFileSync(join(EXAMPLES, 'telehealth-rehearsal.yaml'), 'utf8'), file: 'script' };
  setup = await setUpRehearsal({ planText, script, fault: 'drop', bySignal: false, seed: '1' });
});

const by = (actor: string, at: number, action: string, phase: string, cohort: string): ReturnType<typeof line> =>
  line(action, at, { actor, phase, cohort });

/** When a case that was opened by an event is due: a day, 3,600 times as fast. */
const IN_FOUR_DAYS = '2026-01-01T00:11:36.000Z';

/** Everything committed in order, two people each, one cohort taken out by name after a rollback by signal. */
function good(): Facts {
  const facts = goodPayment();
  const audit: Facts['audit'] = [];
  const phases = setup.plan.phases.map((phase, index) => {
    const start = 100 * (index + 1);
    const cohorts = phase.cohorts.map(({ id: cohort, staysOnLegacy }): CohortStanding => {
      const out = staysOnLegacy !== undefined || (phase.id === 'portal-and-refills' && cohort === 'returning');
      if (staysOnLegacy === undefined) {
        const asked = { phase: phase.id, cohort, evidence: { kind: 'goNoGo' } };
        audit.push(
          line('approval.asked', start, asked),
          by('release-manager-2', start + 1, 'goNoGo.approval', phase.id, cohort),
          by('clinical-lead-1', start + 2, 'goNoGo.approval', phase.id, cohort),
          line('split.raised', start + 5, { phase: phase.id, cohort }),
          line('approval.asked', start + 40, { ...asked, evidence: { kind: 'commit' } }),
          by('release-manager-2', start + 41, 'commit.approval', phase.id, cohort),
          by('clinical-lead-1', start + 42, 'commit.approval', phase.id, cohort),
        );
        if (!out) audit.push(line('committed', start + 50, { phase: phase.id, cohort }));
      }
      return {
        cohort,
        run: { status: out ? 'takenOut' : 'committed' },
        split: { mode: out ? 'open' : 'committed', share: out ? 0 : 100_000 },
        placements: { legacy: 10, target: out ? 0 : 20 },
      } as unknown as CohortStanding;
    });
    return { phase: phase.id, cohorts };
  });
  const last = { phase: 'portal-and-refills', cohort: 'returning' };
  audit.push(
    line('rollback.started', 520, { ...last, actor: 'signal:engineer-1', verified: false }),
    line('split.rollback', 521, last),
    line('split.raised', 522, { ...last, cohort: 'async' }),
    line('aborted', 525, { ...last, actor: 'release-manager-1' }),
  );
  Object.assign(facts.status, { phases });
  return {
    ...facts,
    audit,
    emitted: { 'record.duplicated': 1, 'record.mismatched': 1 },
    told: [
      told('ep_1', 'front-door', 'target'),
      told('ep_1', 'intake', 'target'),
      told('ep_1', 'payment', 'legacy'),
      told('ep_1', 'provider-routing', 'legacy'),
      told('ep_2', 'front-door', 'legacy'),
      told('ep_2', 'intake', 'legacy'),
    ],
    exceptions: [
      exception('ep_1'),
      exception('ep_5', {
        handoff: null,
        cause: 'event:/legacy/crm:1',
        queue: 'duplicate-record',
        owner: 'data-stewardship',
        dueAt: IN_FOUR_DAYS,
      }),
      exception('ep_6', {
        handoff: null,
        cause: 'event:/legacy/chart:2',
        queue: 'record-mismatch',
        owner: 'support-tier-2',
        dueAt: IN_FOUR_DAYS,
      }),
    ],
  };
}

const STORY: RollBackStory = {
  scene: {
    id: 'x',
    kind: 'rollBack',
    at: { phase: 'portal-and-refills', cohort: 'returning', share: 50_000 },
    by: 'signal',
    reason: 'A doubt.',
    then: 'takeOut',
  },
  by: 'engineer-1',
  sentAt: moment(519),
  others: ['async', 'sync-first'].map((cohort) => ({ cohort, split: { share: 50_000, epoch: 3 }, onTarget: 15 })),
};

const failing = (checks: readonly Check[]): string[] => checks.filter(({ ok }) => !ok).map(({ check }) => check);

describe('the checks of a whole migration', () => {
  it('all hold where all is well', () => {
    expect(failing(journeyChecks(setup, good()))).toEqual([]);
    expect(failing(rollBackChecks(STORY, good(), setup))).toEqual([]);
  });

  it.each<[string, (facts: Facts) => unknown, RegExp]>([
    [
      'a cohort is not committed',
      ({ status }) => Object.assign(status.phases[1]?.cohorts.at(-1)?.run ?? {}, { status: 'awaitingCommit' }),
      /all 5 phases are committed/,
    ],
    [
      'every cohort of a phase was taken out',
      ({ status }) => status.phases[0]?.cohorts.forEach(({ run }) => Object.assign(run ?? {}, { status: 'takenOut' })),
      /all 5 phases are committed/,
    ],
    [
      'a phase began before the one before it was committed',
      ({ audit }) => audit.push(line('split.raised', 149, { phase: 'intake', cohort: 'async' })),
      /each phase began after/,
    ],
    [
      'whoever started it gave one of two approvals',
      ({ audit }) => {
        audit.forEach(
          (entry) => entry.actor === 'clinical-lead-1' && Object.assign(entry, { actor: 'release-manager-1' }),
        );
      },
      /as many people/,
    ],
    [
      'one person said yes twice',
      ({ audit }) => {
        audit.forEach(
          (entry) => entry.actor === 'clinical-lead-1' && Object.assign(entry, { actor: 'release-manager-2' }),
        );
      },
      /as many people/,
    ],
    [
      'an approval was not verified',
      ({ audit }) => {
        audit.forEach((entry) => entry.action === 'commit.approval' && Object.assign(entry, { verified: false }));
      },
      /as many people/,
    ],
    [
      'somebody ran ahead of a phase',
      ({ told: all }) => all.push(told('ep_2', 'payment', 'target')),
      /legacy to target/,
    ],
    [
      'somebody was moved to target',
      ({ told: all }) => all.push(told('ep_7', 'intake', 'legacy', 'target')),
      /legacy to target/,
    ],
    [
      'somebody was moved back without a case',
      ({ told: all }) => all.push(told('ep_7', 'intake', 'target', 'legacy')),
      /without a case/,
    ],
    ['nobody was told anything', (facts) => Object.assign(facts, { told: [] }), /legacy to target/],
    [
      'a handoff is still open',
      ({ status }) => Object.assign(status.handoffs[0]?.bySide.legacy ?? {}, { open: 1 }),
      /every handoff that started has ended/,
    ],
    ['an event opened no case', ({ exceptions }) => exceptions.pop(), /every event that opens a case/],
    [
      'an event opened two',
      ({ exceptions }) => exceptions.push(exception('ep_6', { cause: 'event:/legacy/chart:2' })),
      /every event that opens a case/,
    ],
  ])('say so where %s', (_, change, check) => {
    const facts = good();
    change(facts);
    const failed = failing(journeyChecks(setup, facts));
    expect(failed).toHaveLength(1);
    expect(failed[0]).toMatch(check);
  });

  it('allow somebody to be brought back with a case', () => {
    const facts = good();
    facts.told.push(told('ep_7', 'intake', 'target', 'legacy'));
    facts.exceptions.push(exception('ep_7', { handoff: null, cause: 'bringBack:intake:unit of ep_7:4' }));
    expect(failing(journeyChecks(setup, facts))).toEqual([]);
  });
});

describe('the checks of one cohort’s rollback', () => {
  it.each<[string, (facts: Facts) => unknown, RegExp]>([
    ['it never was', ({ audit }) => audit.splice(-4, 1), /was rolled back by/],
    [
      'it was by the API, not by a signal',
      ({ audit }) => Object.assign(audit.at(-4) ?? {}, { actor: 'engineer-1', verified: true }),
      /was rolled back by/,
    ],
    [
      'another’s split fell with it',
      ({ audit }) => Object.assign(audit.at(-2) ?? {}, { action: 'split.rollback' }),
      /went on/,
    ],
    ['another was paused', ({ audit }) => Object.assign(audit.at(-2) ?? {}, { action: 'paused' }), /went on/],
    [
      'another has fewer on target than before',
      ({ status }) =>
        Object.assign(status.phases[4]?.cohorts.find(({ cohort }) => cohort === 'async')?.placements ?? {}, {
          target: 14,
        }),
      /went on/,
    ],
    [
      'somebody of another was brought back',
      ({ exceptions }) =>
        exceptions.push(
          exception('ep_9', {
            phase: 'portal-and-refills',
            cohort: 'async',
            handoff: null,
            cause: 'bringBack:portal-and-refills:x:1',
          }),
        ),
      /went on/,
    ],
    [
      'it was committed after all',
      ({ status }) =>
        Object.assign(status.phases[4]?.cohorts.find(({ cohort }) => cohort === 'returning')?.run ?? {}, {
          status: 'committed',
        }),
      /taken out by name/,
    ],
    ['nobody took it out by name', ({ audit }) => audit.pop(), /taken out by name/],
  ])('say so where %s', (_, change, check) => {
    const facts = good();
    change(facts);
    const failed = failing(rollBackChecks(STORY, facts, setup));
    expect(failed).toHaveLength(1);
    expect(failed[0]).toMatch(check);
  });
});

describe('the check that the others went on', () => {
  it.each([
    ['there was no other', []],
    ['none of them had anybody on target', STORY.others.map((other) => ({ ...other, onTarget: 0 }))],
  ])('shows nothing, and fails, where %s', (_, others) => {
    const failed = failing(rollBackChecks({ ...STORY, others }, good(), setup));
    expect(failed).toHaveLength(1);
    expect(failed[0]).toMatch(/went on/);
  });
});

describe('the check of events that open a case', () => {
  it('says that it saw nothing where none was sent, and fails where a case was opened all the same', () => {
    const facts = good();
    const ofEvents = (): Check | undefined =>
      journeyChecks(setup, facts).find(({ seen }) => seen.includes('such events'));
    expect(ofEvents()).toMatchObject({
      check: expect.stringMatching(/^every event that opens a case by itself opened one/) as string,
      ok: true,
    });
    facts.emitted = {};
    expect(ofEvents()).toMatchObject({ check: expect.stringContaining('shows nothing') as string, ok: false });
    facts.exceptions = facts.exceptions.filter(({ cause }) => !cause.startsWith('event:'));
    expect(ofEvents()).toMatchObject({ check: expect.stringContaining('shows nothing') as string, ok: true });
  });
});

describe('the check of an absence', () => {
  const scene = { id: 'x', kind: 'absence', at: { phase: 'intake' }, decision: 'goNoGo' } as AbsenceScene;
  const here = { phase: 'intake', cohort: 'async' };
  const asked = (): Facts['audit'] => [
    line('approval.asked', 1, { ...here, evidence: { kind: 'goNoGo' } }),
    line('approval.escalated', 5, { ...here, evidence: { kind: 'goNoGo' } }),
    by('clinical-lead-1', 6, 'goNoGo.approval', 'intake', 'async'),
  ];

  it('holds where a page came before anybody decided', () => {
    expect(failing(absenceChecks(scene, ['async'], { ...good(), audit: asked() }))).toEqual([]);
  });

  it.each<[string, Facts['audit'], string[]]>([
    ['no page came', asked().filter(({ action }) => action !== 'approval.escalated'), ['async']],
    ['nobody decided then', asked().slice(0, 2), ['async']],
    ['somebody decided before it', [asked()[0], asked()[2], asked()[1]].flatMap((entry) => entry ?? []), ['async']],
    ['nothing was ever asked', asked(), []],
    [
      'the page was about another decision',
      [asked()[0], line('approval.escalated', 5, { ...here, evidence: { kind: 'commit' } }), asked()[2]].flatMap(
        (entry) => entry ?? [],
      ),
      ['async'],
    ],
  ])('says so where %s', (_, audit, left) => {
    expect(failing(absenceChecks(scene, left, { ...good(), audit }))).toHaveLength(1);
  });
});

describe('the checks of the cases', () => {
  const step = { step: 1, what: 'Look.', reference: 'ticket/1' };
  const resolved = (): Facts => {
    const facts = good();
    for (const entry of facts.exceptions)
      Object.assign(entry, { state: 'resolved', resolvedBy: 'engineer-1', steps: [step] });
    return facts;
  };
  const work = (facts: Facts): CaseWork => ({
    resolved: facts.exceptions.map(({ id, queue }) => ({ id, queue, by: 'engineer-1' })),
    withoutEvidence: facts.exceptions.map(({ queue }) => ({ queue, refused: true })),
  });

  it('hold where people resolved some of each queue with evidence', () => {
    expect(failing(caseChecks(setup, resolved(), work(resolved())))).toEqual([]);
  });

  it.each<[string, (facts: Facts, done: CaseWork) => unknown]>([
    ['one is still open', ({ exceptions }) => Object.assign(exceptions[0] ?? {}, { state: 'open' })],
    [
      'one was resolved by somebody else',
      ({ exceptions }) => Object.assign(exceptions[0] ?? {}, { resolvedBy: 'nobody' }),
    ],
    [
      'a step has no evidence',
      ({ exceptions }) => Object.assign(exceptions[0] ?? {}, { steps: [step, { ...step, reference: null }] }),
    ],
    [
      'one was resolved without evidence',
      (_, done) => Object.assign(done.withoutEvidence[0] ?? {}, { refused: false }),
    ],
    [
      'a queue was left alone',
      ({ exceptions }) => exceptions.push(exception('ep_8', { queue: 'supply-gap', owner: 'pharmacy-operations' })),
    ],
    ['nothing was resolved', (_, done) => done.resolved.splice(0)],
    [
      'a case has another owner than its queue',
      ({ exceptions }) => Object.assign(exceptions[0] ?? {}, { owner: 'growth' }),
    ],
    [
      'a case is due later than its queue says',
      ({ exceptions }) => Object.assign(exceptions[0] ?? {}, { dueAt: IN_FOUR_DAYS }),
    ],
    [
      'a case is due when it was opened',
      ({ exceptions }) => Object.assign(exceptions[0] ?? {}, { dueAt: exceptions[0]?.openedAt }),
    ],
    ['a case has no clock', ({ exceptions }) => Object.assign(exceptions[0] ?? {}, { dueAt: '' })],
  ])('say so where %s', (_, change) => {
    const facts = resolved();
    const done = work(facts);
    change(facts, done);
    expect(failing(caseChecks(setup, facts, done)).length).toBeGreaterThan(0);
  });
});

describe('a case without evidence', () => {
  const answering = (failure?: Error) => ({
    setup,
    as: () => ({ post: () => (failure === undefined ? Promise.resolve({}) : Promise.reject(failure)) }) as never,
  });
  const tried = (failure?: Error): Promise<boolean> => isRefused(answering(failure), 'engineer-1', exception('ep_1'));

  it('is refused where the API says that evidence is missing, and for nothing else', async () => {
    await expect(tried(new CliFailure('evidence-missing', EXIT.refused, 'Add it.'))).resolves.toBe(true);
    await expect(tried()).resolves.toBe(false);
    const away = new CliFailure('no-system', EXIT.notReachable, 'Nothing answers.');
    await expect(tried(away)).rejects.toBe(away);
  });
});
