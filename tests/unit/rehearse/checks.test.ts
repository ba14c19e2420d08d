import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { breakChecks } from '../../../cli/rehearse/checks/break-checks';
import { commonChecks } from '../../../cli/rehearse/checks/common-checks';
import { paymentChecks, recordedChecks } from '../../../cli/rehearse/checks/one-phase-checks';
import { rollbackFacts, type Facts } from '../../../cli/rehearse/gather-facts';
import { plantedFault } from '../../../cli/rehearse/planted-fault';
import type { Recount } from '../../../cli/rehearse/recount/recount-log';
import type { Check } from '../../../cli/rehearse/rehearsal-report';
import { setUpRehearsal, type PlayedBreak, type RehearsalSetup } from '../../../cli/rehearse/rehearsal-setup';
import { exception, goodPayment, line, moment, ROUTING, told } from './rehearsal-facts';

let setup: RehearsalSetup;
beforeAll(async () => {
  const planText = readFileSync(join(__dirname, '..', '..', '..', 'examples', 'payment.yaml'), 'utf8');
  setup = await setUpRehearsal({ planText, fault: 'drop', bySignal: false, seed: '1' });
});

interface Story {
  brokenAt?: string;
  onTarget: { back?: number; later?: number };
}

function judge(change: (facts: Facts, story: Story) => void = () => undefined): Check[] {
  const facts = goodPayment();
  const story: Story = { brokenAt: moment(10), onTarget: { back: 2, later: 2 } };
  change(facts, story);
  const scene = setup.scenes[0] as PlayedBreak;
  const planted = plantedFault({ kind: 'drop', handoff: ROUTING }, setup.plan, setup.migration);
  return [
    ...commonChecks(setup, facts),
    ...breakChecks({ scene, planted, ...story }, facts, setup),
    ...paymentChecks(setup, facts),
  ];
}

describe('a rehearsal’s own checks', () => {
  it('all hold where all is well', () => {
    expect(judge().filter(({ ok }) => !ok)).toEqual([]);
    expect(judge().length).toBeGreaterThanOrEqual(11);
  });

  it.each<[string, (facts: Facts, story: Story) => void, string]>([
    ['an event is lost on the way', ({ events }) => (events.stored -= 1), 'every event sent'],
    ['an event is stored twice', ({ events }) => (events.stored += 1), 'every event sent'],
    [
      'an event is left unmatched',
      ({ events }) => Object.assign(events, { matched: 329, pending: 1 }),
      'every event sent',
    ],
    ['an event is refused', ({ events }) => (events.refused = 1), 'every event sent'],
    ['an event comes too late', ({ events }) => (events.slowest = 60_000), 'no event arrived later'],
    ['a side was told and not written down', ({ told: all }) => all.pop(), 'every side'],
    [
      'another side was written down than told',
      (facts) => Object.assign(facts, { placed: { payment: { legacy: 2, target: 1 } } }),
      'every side',
    ],
    ['a missed handoff has no exception', ({ exceptions }) => exceptions.pop(), 'every missed handoff'],
    [
      'somebody else has an exception',
      ({ exceptions }) => exceptions.splice(1, 1, exception('ep_3')),
      'the exceptions are',
    ],
    [
      'a stack reports of somebody who is on the other side',
      ({ status }) => status.wrongSide.push({ phase: 'payment' } as (typeof status.wrongSide)[number]),
      'no event came from the side',
    ],
    ['one patient has two', ({ exceptions }) => exceptions.splice(1, 1, exception('ep_1')), 'the exceptions are'],
    [
      'an exception is in another queue',
      ({ exceptions }) => Object.assign(exceptions[0] ?? {}, { queue: 'x' }),
      'the exceptions are',
    ],
    [
      'nothing was dropped after all',
      (facts) => Object.assign(facts, { lost: [], exceptions: [] }),
      'the exceptions are',
    ],
    [
      'something else went wrong besides',
      ({ exceptions }) => exceptions.push(exception('ep_4', { handoff: 'x' })),
      'nobody else',
    ],
    ['nothing was rolled back', ({ audit }) => audit.splice(0), 'the gate rolled'],
    [
      'another gate rolled it back',
      ({ audit }) => Object.assign(audit[0] ?? {}, { actor: 'gate:next-step-floor' }),
      'the gate rolled',
    ],
    ['it was rolled back before it was broken', (_, story) => (story.brokenAt = moment(21)), 'the gate rolled'],
    [
      'a limit was crossed that nobody broke',
      ({ audit }) => audit.push(line('gate.limitCrossed', 40, { actor: 'gate:next-step-floor' })),
      'no limit was crossed',
    ],
    [
      'the split came down late',
      ({ audit }) => Object.assign(audit[1] ?? {}, { at: moment(25.1) }),
      'the split was down',
    ],
    ['somebody went to target meanwhile', (_, { onTarget }) => (onTarget.later = 3), 'nobody new'],
    [
      'a patient had no side',
      ({ status }) => Object.assign(status.handoffs[0]?.bySide.unplaced ?? {}, { kept: 1 }),
      'no handoff started',
    ],
    [
      'the commit never came',
      ({ status }) => Object.assign(status.phases[0]?.cohorts[0]?.run ?? {}, { status: 'awaitingCommit' }),
      'the phase is committed',
    ],
  ])('say so where %s', (_, change, check) => {
    const failed = judge(change).filter(({ ok }) => !ok);
    expect(failed.map((each) => each.check).some((each) => each.startsWith(check))).toBe(true);
  });

  it('allow who was brought back, with a case, to have been told target before', () => {
    const brought = (facts: Facts): void => {
      Object.assign(facts, { placed: { payment: { legacy: 2, target: 1 } } });
      facts.exceptions.push(exception('ep_1', { handoff: null, cause: 'bringBack:payment:unit of ep_1:3' }));
    };
    expect(judge(brought).find(({ check }) => check.startsWith('every side'))?.ok).toBe(true);
  });

  it('allow a stack to end what it was at for who was brought back, also where their case was open before', () => {
    const late = ({ status, audit }: Facts): void => {
      status.wrongSide.push({ phase: 'payment' } as (typeof status.wrongSide)[number]);
      audit.push(line('rollback.done', 41));
    };
    expect(judge(late).find(({ check }) => check.startsWith('no event came'))?.ok).toBe(true);
  });

  it('say so where a recorded case has an outcome that its log does not', () => {
    const facts = goodPayment();
    const recount = (counts: Partial<Recount>): Map<string, Recount> =>
      new Map([[ROUTING, { kept: 110, missed: 2, released: 0, missedBy: new Set(['ep_1', 'ep_2']), ...counts }]]);
    const failed = (found: ReadonlyMap<string, Recount>): string[] =>
      recordedChecks(setup, facts, found)
        .filter(({ ok }) => !ok)
        .map(({ check }) => check);
    expect(failed(recount({}))).not.toContain('every handoff came to what a recount of the log says');
    for (const different of [{ kept: 109 }, { missed: 3 }, { released: 1 }]) {
      expect(failed(recount(different))).toContain('every handoff came to what a recount of the log says');
    }
    const exact =
      'the exceptions of the broken handoff are the cases that missed it by the log and the fault, one each, none else';
    expect(failed(recount({}))).not.toContain(exact);
    expect(failed(recount({ missedBy: new Set(['ep_1', 'ep_9']) }))).toContain(exact);
  });

  it('know no answer where nobody was told anything', () => {
    const nobody = judge((facts) => Object.assign(facts, { told: [], placed: {} }));
    expect(nobody.find(({ check }) => check.startsWith('every side'))?.ok).toBe(false);
    expect(told('ep_1', 'payment', 'target').sides).toHaveLength(1);
  });
});

describe('the time to the split down', () => {
  it('is from the newest outcome behind the gate’s verdict to the split’s own entry', () => {
    const audit = [
      line('split.rollback', 0),
      // Traffic first: the split may be down before the verdict is written.
      line('split.rollback', 11),
      line('gate.limitCrossed', 11.2, { actor: 'gate:routing-floor', evidence: { newestAt: moment(10.1) } }),
      line('split.rollback', 19),
    ];
    expect(rollbackFacts(audit)).toMatchObject({ by: 'gate:routing-floor', took: 900 });
  });

  it('is that of the phase and the cohort whose gate it was', () => {
    const crossed = { actor: 'gate:routing-floor', evidence: { newestAt: moment(10) }, cohort: 'second' };
    const audit = [
      line('gate.limitCrossed', 5, { phase: 'intake', actor: 'gate:other', evidence: { newestAt: moment(4) } }),
      line('split.rollback', 10.2, { cohort: 'first' }),
      line('gate.limitCrossed', 10.4, crossed),
      line('split.rollback', 10.5, { cohort: 'second' }),
    ];
    expect(rollbackFacts(audit, { phase: 'payment' })).toMatchObject({ by: 'gate:routing-floor', took: 500 });
    expect(rollbackFacts(audit, { phase: 'payment', since: moment(11) })).toBeUndefined();
  });

  it('is not known, and nothing is claimed, where the log lacks either', () => {
    expect(rollbackFacts([line('split.rollback', 11)])).toBeUndefined();
    expect(rollbackFacts([line('gate.limitCrossed', 10.9, { evidence: {} })])).toBeUndefined();
  });
});
