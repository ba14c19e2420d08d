import { loadPlan } from '../../../domain/plan/load-plan';
import type { Plan } from '../../../domain/plan/plan-schema';
import { judgePlanChange, type PhasesStand } from '../../../domain/plan/versions/judge-plan-change';
import { PAYMENT, TELEHEALTH } from './plan-texts';

const payment = loadPlan(PAYMENT).plan;
const telehealth = loadPlan(TELEHEALTH).plan;
const [first, second, third] = telehealth.phases.map(({ id }) => id);
/** The first phase is committed, the second is under way. */
const STAND: PhasesStand = { ended: [first ?? ''], live: second ?? '' };

function changed<Of extends Plan>(plan: Of, change: (plan: Of) => void): Of {
  const copy = structuredClone(plan);
  change(copy);
  return copy;
}

function phase(plan: Plan, id: string | undefined): Plan['phases'][number] {
  const found = plan.phases.find((one) => one.id === id);
  if (found === undefined) throw new Error('The example has no such phase.');
  return found;
}

function refusedOf(change: (plan: Plan) => void, stand = STAND): string[] {
  return judgePlanChange(telehealth, changed(telehealth, change), stand).refused.map(({ path }) => path);
}

describe('whether a migration that is under way takes another version of its plan (R36)', () => {
  it('refuses what loosens the phase under way, and tells all of it at once', () => {
    const refused = refusedOf((plan) => {
      phase(plan, second).soak /= 2;
      phase(plan, second).gates.splice(0, 1);
      phase(plan, second).inFlight.otherwise = 'pause';
      phase(plan, third).soak /= 2;
    });
    expect(refused).toEqual([
      expect.stringMatching(/\.gates\[/),
      expect.stringMatching(/\.inFlight\.otherwise$/),
      `phases[${second ?? ''}].soak`,
    ]);
  });

  it('takes what tightens it, by two people; what is of phases to come, by one; what nobody is safer for, by one', () => {
    const needs = (change: (plan: Plan) => void, stand = STAND): boolean => {
      const judged = judgePlanChange(telehealth, changed(telehealth, change), stand);
      expect(judged.refused).toEqual([]);
      return judged.needs.fourEyes;
    };
    expect(needs((plan) => (phase(plan, second).soak *= 2))).toBe(true);
    expect(needs((plan) => (phase(plan, third).soak /= 2))).toBe(false);
    expect(needs((plan) => (plan.title = 'Another title'))).toBe(false);
    // Beside the phases: two while one is under way, else one.
    const sla = (plan: Plan): void => {
      for (const queue of plan.queues) queue.sla *= 2;
    };
    expect(needs(sla)).toBe(true);
    expect(needs(sla, { ended: [first ?? ''], live: null })).toBe(false);
  });

  it('leaves a phase that has ended as it was, also where it would be tightened', () => {
    expect(refusedOf((plan) => (phase(plan, first).soak *= 2))).toEqual([`phases[${first ?? ''}].soak`]);
    const rule = telehealth.rollbackRules.find((one) => one.phase === first);
    const refused = refusedOf((plan) => {
      for (const one of plan.rollbackRules)
        if (one.id === rule?.id) one.action = { kind: 'rollback', scope: 'migration' };
    });
    expect(refused).toEqual([expect.stringContaining(`rollbackRules[${rule?.id ?? ''}]`)]);
  });

  it('does not let a rule or a gate of the phase under way go to another phase', () => {
    const rule = telehealth.rollbackRules.find((one) => one.phase === second);
    const refused = refusedOf((plan) => {
      for (const one of plan.rollbackRules) if (one.id === rule?.id) one.phase = third ?? '';
    });
    expect(refused).toEqual([`rollbackRules[${rule?.id ?? ''}]`]);
  });

  it.each<[string, (plan: Plan) => void, string]>([
    ['the name', (plan) => (plan.migration = 'another'), 'migration'],
    ['the prefix of a key', (plan) => (plan.keys.patient = 'xyz'), 'keys'],
    ['the lateness', (plan) => (plan.lateness *= 2), 'lateness'],
    ['the order of phases', (plan) => plan.phases.reverse(), 'phases.order'],
    ['a phase less', (plan) => plan.phases.pop(), 'phases.order'],
    ['the unit of a phase to come', (plan) => (phase(plan, third).unit = 'login'), 'unit'],
    ['an event type less', (plan) => plan.events.pop(), 'events['],
    [
      'a field that is required now',
      (plan) => ((plan.events[0] as { data: object }).data = { more: { kind: 'boolean', required: true } }),
      'events[',
    ],
    ['a system with another source', (plan) => ((plan.systems[0] as { source: string }).source += '/x'), 'systems['],
    ['a shorter deadline', (plan) => ((plan.handoffs.at(-1) as { within: number }).within /= 2), 'handoffs['],
    ['a handoff less', (plan) => plan.handoffs.pop(), 'handoffs['],
    ['a queue less', (plan) => plan.queues.pop(), 'queues['],
    ['a value less of an attribute', (plan) => Object.values(plan.attributes)[0]?.pop(), 'attributes.'],
  ])('never changes %s, whatever has begun', (_, change, path) => {
    const refused = refusedOf(change, { ended: [], live: null });
    expect(refused).toContainEqual(expect.stringContaining(path));
  });

  it('leaves a calendar that the deadlines of handoffs are counted by as it was, and takes another one for new handoffs', () => {
    const promised = telehealth.handoffs.find(({ businessTime }) => businessTime !== undefined);
    const id = promised?.businessTime?.calendar ?? '';
    const holiday = { id: 'one-more', from: '2027-12-27', to: '2027-12-27' };
    const close = (plan: Plan, which: string): void => {
      for (const one of plan.calendars ?? []) if (one.id === which) one.closed = [...(one.closed ?? []), holiday];
    };
    const none: PhasesStand = { ended: [], live: null };
    expect(
      refusedOf((plan) => {
        close(plan, id);
      }, none),
    ).toEqual([`calendars[${id}]`]);
    const gone = (plan: Plan): Plan['calendars'] =>
      (plan.calendars = plan.calendars?.filter((calendar) => calendar.id !== id));
    expect(refusedOf(gone, none)).toEqual([`calendars[${id}]`]);
    expect(
      refusedOf((plan) => {
        const calendar = plan.calendars?.find((one) => one.id === id);
        calendar?.open.reverse();
        calendar?.closed?.reverse();
        plan.calendars?.push({ ...structuredClone(calendar), id: 'from-now-on' } as NonNullable<typeof calendar>);
        close(plan, 'from-now-on');
        plan.handoffs.push({
          ...structuredClone(promised as NonNullable<typeof promised>),
          id: 'promised-from-now-on',
          businessTime: { within: '1bd', calendar: 'from-now-on' },
        });
      }, none),
    ).toEqual([]);
    // Nothing that is over rests on one that only phases go by.
    const steered = telehealth.calendars?.find(
      (one) => !telehealth.handoffs.some(({ businessTime }) => businessTime?.calendar === one.id),
    );
    expect(steered).toBeDefined();
    expect(
      refusedOf((plan) => {
        close(plan, steered?.id ?? '');
      }, none),
    ).toEqual([]);
  });

  it('takes an event, a code, a system and a handoff more at any time', () => {
    const after = changed(payment, (plan) => {
      plan.events.push({ type: 'payment.disputed', data: {} });
      plan.systems.push({ id: 'disputes', side: 'shared', source: '/disputes' });
      plan.attributes['state']?.push('WA');
      const [handoff] = plan.handoffs;
      if (handoff !== undefined) plan.handoffs.push({ ...handoff, id: 'dispute-to-review', start: 'payment.disputed' });
    });
    const judged = judgePlanChange(payment, after, { ended: [], live: 'payment' });
    expect(judged.refused).toEqual([]);
    expect(judged.needs.fourEyes).toBe(true);
  });

  it('refuses to loosen a gate that people watch, or a rule on queues, while any phase is under way', () => {
    const refused = refusedOf((plan) => {
      plan.declaredGates?.shift();
      for (const rule of plan.queueRules ?? []) rule.action = { kind: 'pause' };
    });
    expect(refused).toContainEqual(expect.stringMatching(/^declaredGates\[/));
    expect(refused).toContainEqual(expect.stringMatching(/^queueRules\[/));
    expect(refusedOf((plan) => plan.declaredGates?.shift(), { ended: [first ?? ''], live: null })).toEqual([]);
  });

  it('R5: freezes who owns what while a phase is under way', () => {
    const own = (plan: Plan): void => {
      for (const row of plan.ownership ?? []) row.conflict = 'byHand';
    };
    expect(refusedOf(own).length).toBeGreaterThan(0);
    expect(refusedOf(own, { ended: [first ?? ''], live: null })).toEqual([]);
  });

  it('reads the order of queues, gates and names as what it is: nothing', () => {
    const after = changed(telehealth, (plan) => {
      plan.queues.reverse();
      plan.handoffs.reverse();
      for (const one of plan.phases) one.gates.reverse();
    });
    expect(judgePlanChange(telehealth, after, STAND)).toMatchObject({
      changes: [],
      refused: [],
      needs: { fourEyes: false },
    });
  });
});
