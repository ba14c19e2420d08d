import { findGate } from '../../../../cli/gate/find-gate';
import { loadPlan } from '../../../../domain/plan/load-plan';
import type { Plan } from '../../../../domain/plan/plan-schema';
import { PAYMENT } from '../../plan/plan-texts';

describe('a gate by its id', () => {
  const { plan: one } = loadPlan(PAYMENT);
  const [payment] = one.phases;
  if (payment === undefined) throw new Error('The plan has no phase.');
  const two: Plan = { ...one, phases: [payment, { ...payment, id: 'routing' }] };

  it('asks for the phase where several have one, and takes it', () => {
    expect(() => findGate(two, 'routing-floor')).toThrow(
      "Several phases have a gate of that name: 'payment', 'routing'. Say which with --phase.",
    );
    expect(findGate(two, 'routing-floor', 'routing').phase.id).toBe('routing');
    expect(findGate(one, 'routing-floor').phase.id).toBe('payment');
  });
});
