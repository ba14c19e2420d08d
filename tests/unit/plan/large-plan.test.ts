import { loadPlan } from '../../../domain/plan/load-plan';
import { LARGE, largePlan } from '../../fixtures/large-plan';
import { findingsOf } from './plan-texts';

describe('a plan as large as a whole company may need', () => {
  it('is good: forty systems, twelve phases, sixty handoffs, three hundred rules', () => {
    const text = largePlan(LARGE);
    expect(findingsOf(text)).toEqual([]);
    const { systems, phases, handoffs, rollbackRules } = loadPlan(text).plan;
    expect([systems, phases, handoffs, rollbackRules].map(({ length }) => length)).toEqual([40, 12, 60, 300]);
  });
});
