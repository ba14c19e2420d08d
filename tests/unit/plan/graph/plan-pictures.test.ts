import fc from 'fast-check';
import { bridgesOf } from '../../../../domain/plan/graph/journey-map';
import { coursesOf } from '../../../../domain/plan/graph/phase-course';
import type { Picture, PictureNode } from '../../../../domain/plan/graph/picture';
import { planPictures, VIEWS } from '../../../../domain/plan/graph/plan-pictures';
import { stackMapOf } from '../../../../domain/plan/graph/stack-map';
import { loadPlan } from '../../../../domain/plan/load-plan';
import type { Plan } from '../../../../domain/plan/plan-schema';
import { edit, PAYMENT, TELEHEALTH } from '../plan-texts';
import { anyPlan } from './any-plan';

const { plan: telehealth } = loadPlan(TELEHEALTH);
const DAY = 86_400_000;

const nodesOf = ({ groups }: Picture): PictureNode[] => groups.flatMap(({ nodes }) => [...nodes]);

/** Where a node of that id stands: the pictures' ids. */
function picturesWith(pictures: readonly Picture[], id: string): string[] {
  return pictures.flatMap((picture) =>
    nodesOf(picture)
      .filter((node) => node.id === id)
      .map(() => picture.id),
  );
}

function nodeOf(pictures: readonly Picture[], id: string): PictureNode | undefined {
  return pictures.flatMap(nodesOf).find((node) => node.id === id);
}

describe('the pictures of a plan', () => {
  it('have every part of it exactly where it belongs, whatever the plan', () => {
    fc.assert(fc.property(anyPlan, everythingIsThere), { numRuns: 40 });
  });

  it('join only what is drawn, under names of its own', () => {
    fc.assert(
      fc.property(anyPlan, (plan) => {
        for (const picture of VIEWS.flatMap((view) => planPictures(plan, view))) {
          const ids = nodesOf(picture).map(({ id }) => id);
          expect(new Set(ids).size).toBe(ids.length);
          const ends = picture.edges.flatMap(({ from, to }) => [from, to]);
          expect(ends.filter((end) => !ids.includes(end))).toEqual([]);
          expect(nodesOf(picture).filter(({ lines }) => lines.length === 0)).toEqual([]);
        }
      }),
      { numRuns: 40 },
    );
  });

  it('are the same for the same plan', () => {
    const draw = (plan: Plan): string => JSON.stringify(VIEWS.map((view) => planPictures(plan, view)));
    expect(draw(structuredClone(telehealth))).toBe(draw(telehealth));
  });
});

function everythingIsThere(plan: Plan): void {
  const [stack] = planPictures(plan, 'stack');
  const journey = planPictures(plan, 'journey');
  const phases = planPictures(plan, 'phases');
  if (stack === undefined) throw new Error('There is no stack.');
  const says = nodesOf(stack).map(({ lines }) => lines[0]);
  for (const { id } of plan.systems) expect(says).toContain(id);
  expect(stack.groups.filter(({ id }) => id !== 'others')).toHaveLength(plan.stackMap.length);
  const bridges = bridgesOf(plan).map(({ handoff }) => handoff.id);
  for (const { id, phase, endPhase } of plan.handoffs) {
    expect(picturesWith(journey, `handoff-${id}`)).toEqual([`journey-${phase}`]);
    const crosses = endPhase !== undefined && endPhase !== phase;
    expect(nodeOf(journey, `handoff-${id}`)?.tone).toBe(crosses ? 'bridge' : 'handoff');
    expect(bridges.includes(id)).toBe(crosses);
    const overview = journey[0]?.edges.filter(({ lines }) => lines.includes(id)) ?? [];
    expect(overview).toHaveLength(crosses ? 1 : 0);
  }
  for (const phase of plan.phases) {
    const at = `phase-${phase.id}`;
    const picture = phases.filter(({ id }) => id === at);
    for (const { id } of phase.gates) expect(picturesWith(picture, `gate-${id}`)).toEqual([at]);
    for (const { id } of phase.inFlight.milestones) expect(picturesWith(picture, `way-${id}`)).toEqual([at]);
    for (const { id, staysOnLegacy } of phase.cohorts) {
      expect(picturesWith(picture, `stays-${id}`)).toHaveLength(staysOnLegacy === undefined ? 0 : 1);
    }
    const steps = picture.flatMap(nodesOf).filter(({ id }) => /^r\d+-step-/.test(id));
    expect(steps).toHaveLength(
      coursesOf(plan)
        .find((one) => one.phase.id === phase.id)
        ?.ramps.reduce((sum, ramp) => sum + ramp.steps.length, 0) ?? 0,
    );
  }
  for (const { id, phase } of plan.rollbackRules)
    expect(picturesWith(phases, `rule-${id}`)).toEqual([`phase-${phase}`]);
  for (const { id } of plan.queueRules ?? []) expect(picturesWith(phases, `rule-${id}`)).toEqual(['every-phase']);
  for (const { id, phases: of } of plan.declaredGates ?? []) {
    const where = of === undefined ? ['every-phase'] : of.map((phase) => `phase-${phase}`);
    expect(picturesWith(phases, `watched-${id}`)).toEqual(where);
  }
}

describe('the stack as is and to be (R1, R2)', () => {
  it('says of a layer who owns it before and after, who acts, what patients see and which phases move it', () => {
    const layer = stackMapOf(telehealth).layers.find((row) => row.layer === 'billing-and-subscriptions');
    expect(layer).toEqual({
      layer: 'billing-and-subscriptions',
      legacy: 'legacy-billing',
      target: 'target-billing',
      actionOwner: 'billing-operations',
      patientEvents: ['payment.succeeded', 'payment.failed', 'payment.refunded'],
      movedBy: [
        { phase: 'payment', stages: ['payment'] },
        { phase: 'portal-and-refills', stages: ['refills'] },
      ],
    });
  });

  it('has the systems that own no layer, with the stages that they serve', () => {
    expect(stackMapOf(telehealth).others).toEqual([
      { id: 'legacy-support', side: 'legacy', stages: ['portal-visibility'] },
      { id: 'target-crm', side: 'target', stages: ['intake'] },
      { id: 'target-support', side: 'target', stages: ['portal-visibility'] },
    ]);
  });

  it('draws a system that stays once, and says of a layer without a part why', () => {
    const [picture] = planPictures(loadPlan(PAYMENT).plan, 'stack');
    const drawn = picture === undefined ? [] : nodesOf(picture);
    expect(drawn.filter(({ lines }) => lines[0] === 'charting').map(({ tone }) => tone)).toEqual(['shared']);
    expect(drawn.find(({ tone, lines }) => tone === 'note' && lines[0] === 'No part in the migration')).toBeDefined();
  });

  it('says that an answer is still to come', () => {
    const undecided = structuredClone(telehealth);
    const [row] = undecided.stackMap;
    if (row !== undefined && 'actionOwner' in row) row.actionOwner = 'tbd';
    const [picture] = planPictures(undecided, 'stack');
    expect(picture === undefined ? [] : nodesOf(picture)[0]?.lines[0]).toBe('to be decided acts');
  });
});

describe('the journey', () => {
  it('crosses from target to legacy on the way, and from legacy to target where it ends earlier (I14)', () => {
    expect(bridgesOf(telehealth).map(({ handoff, bridge }) => [handoff.id, bridge.endPhase, bridge.lane])).toEqual([
      ['click-to-intake', 'intake', 'target→legacy'],
      ['intake-to-chart', 'provider-routing', 'target→legacy'],
      ['payment-to-provider-routing', 'provider-routing', 'target→legacy'],
      ['declined-to-refunded', 'payment', 'legacy→target'],
      ['shipped-to-tracking', 'portal-and-refills', 'target→legacy'],
    ]);
  });

  it('shows of a handoff its deadline, its severity, its queue and whose it is', () => {
    expect(nodeOf(planPictures(telehealth, 'journey'), 'handoff-payment-to-provider-routing')?.lines).toEqual([
      'payment-to-provider-routing',
      'within 10m, access, bridge',
      'lane target→legacy too',
      'missed: payment-not-routed',
      'owner care-coordination',
    ]);
  });
});

describe('the course of the phases', () => {
  it('lasts for every watch and the soak', () => {
    const payment = coursesOf(telehealth).find(({ phase }) => phase.id === 'payment');
    const shared = payment?.ramps.find(({ cohorts }) => cohorts.includes('async'));
    expect(shared?.cohorts).toEqual(['sync-first', 'async']);
    expect(shared?.steps.map(({ number }) => number)).toEqual([1, 2, 3, 4, 5]);
    // 26 days of steps, 35 of soak.
    expect([shared?.lasts, payment?.lasts]).toEqual([61 * DAY, 61 * DAY]);
    expect(payment?.staying.map(({ cohort }) => cohort)).toEqual(['existing', 'controlled-by-hand']);
  });

  it('waits for the cohort that takes longest', () => {
    const slower = loadPlan(edit(TELEHEALTH, '- { perDay: 8, watch: 7d }', '- { perDay: 8, watch: 40d }')).plan;
    const portal = coursesOf(slower).find(({ phase }) => phase.id === 'portal-and-refills');
    expect(portal?.lasts).toBe((40 + 10 + 10 + 30) * DAY);
  });
});
