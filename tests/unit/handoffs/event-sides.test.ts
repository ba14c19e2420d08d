import { EventSides, sideAt, wrongPhaseOf, CLOCKS_APART, type Placed } from '../../../domain/handoffs/event-sides';
import { loadPlan } from '../../../domain/plan/load-plan';
import { FACTS_PLAN } from '../../integration/facts/facts-plan';

const { plan } = loadPlan(FACTS_PLAN);
const sides = new EventSides(plan);

describe('where an event comes from', () => {
  it('is the side of its system, and none for a system that both stacks use', () => {
    expect(sides.senderOf('/legacy/billing')).toEqual({ system: 'legacy-billing', side: 'legacy' });
    expect(sides.senderOf('/target/billing')).toEqual({ system: 'target-billing', side: 'target' });
    expect(sides.senderOf('/routing')).toBeUndefined();
  });

  it('is not known where two systems send by one source', () => {
    const systems = plan.systems.map((system) => ({ ...system, source: '/gateway', side: 'legacy' as const }));
    expect(new EventSides({ ...plan, systems }).senderOf('/gateway')).toBeUndefined();
  });

  it('belongs to the phase of what it starts and to the end phase of what it ends, and not to what it releases', () => {
    const handoffs = plan.handoffs.map((handoff) => ({ ...handoff, endPhase: 'routing' }));
    const bridged = new EventSides({ ...plan, handoffs });
    expect(bridged.phasesOf('payment.succeeded')).toEqual(['payment']);
    expect(bridged.phasesOf('review.assigned')).toEqual(['routing']);
    expect(bridged.phasesOf('payment.refunded')).toEqual([]);
    expect(bridged.phasesOf('payment.retried')).toEqual([]);
    expect(sides.phasesOf('review.assigned')).toEqual(['payment']);
  });
});

describe('where a unit was', () => {
  const placed: Placed = { side: 'legacy', placedAt: 100_000, moved: { from: 'target', at: 200_000 } };

  it.each([
    ['before it was placed', 99_000, null],
    ['within what clocks differ by of its placement', 100_000 + CLOCKS_APART, null],
    ['after its placement', 100_001 + CLOCKS_APART, 'target'],
    ['just before it was moved', 199_999 - CLOCKS_APART, 'target'],
    ['while it was moved', 200_000, null],
    ['after it was moved', 200_001 + CLOCKS_APART, 'legacy'],
  ])('%s', (_when, at, side) => {
    expect(sideAt(placed, at, CLOCKS_APART)).toBe(side);
  });
});

describe('an event from the wrong side', () => {
  it('is one whose unit is on the other side in each phase that the type belongs to, and named by the first of them', () => {
    expect(wrongPhaseOf('legacy', [{ phase: 'payment', side: 'target' }])).toBe('payment');
    expect(
      wrongPhaseOf('legacy', [
        { phase: 'routing', side: 'target' },
        { phase: 'payment', side: 'target' },
      ]),
    ).toBe('routing');
  });

  it('is none where one of them allows it, where one is not certain, and where it belongs to none', () => {
    const target = { phase: 'payment', side: 'target' as const };
    expect(wrongPhaseOf('legacy', [target, { phase: 'routing', side: 'legacy' }])).toBeUndefined();
    expect(wrongPhaseOf('legacy', [target, { phase: 'routing', side: null }])).toBeUndefined();
    expect(wrongPhaseOf('legacy', [])).toBeUndefined();
  });
});
