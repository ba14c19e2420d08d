import type { PlanCohort } from '../../../domain/plan/plan-schema';
import { cohortOf } from '../../../domain/sides/cohort-of';
import { InvalidContext } from '../../../domain/sides/invalid-context';

const ATTRIBUTES = { state: ['CA', 'CO', 'NY', 'OR'], visitType: ['new', 'returning'] };
const COHORTS: PlanCohort[] = [
  { id: 'pilot', when: { state: ['CO', 'OR'], visitType: ['new'] } },
  { id: 'pilot-states', when: { state: ['CO', 'OR'] } },
  { id: 'returning', when: { visitType: ['returning'] } },
];

function cohort(given: Record<string, unknown>): string | null {
  return cohortOf(COHORTS, ATTRIBUTES, given);
}

describe('the cohort that takes a unit', () => {
  it('is the first whose conditions all hold', () => {
    expect(cohort({ state: 'CO', visitType: 'new' })).toBe('pilot');
    expect(cohort({ state: 'CO', visitType: 'returning' })).toBe('pilot-states');
    expect(cohort({ state: 'CA', visitType: 'returning' })).toBe('returning');
  });

  it('is none where no condition holds, and then nobody is moved', () => {
    expect(cohort({ state: 'CA', visitType: 'new' })).toBeNull();
    expect(cohort({})).toBeNull();
  });

  it('is the one without conditions for everyone else', () => {
    expect(cohortOf([...COHORTS, { id: 'everyone-else', when: {} }], ATTRIBUTES, {})).toBe('everyone-else');
  });

  it('does not match a value outside the list of the plan, not even where a condition names it', () => {
    expect(cohort({ state: 'co', visitType: 'new' })).toBeNull();
    expect(cohortOf([{ id: 'typo', when: { state: ['TX'] } }], ATTRIBUTES, { state: 'TX' })).toBeNull();
  });

  it('looks at nothing that the plan does not declare', () => {
    expect(cohort({ state: 'CO', visitType: 'new', notes: 42, email: ['x'] })).toBe('pilot');
    expect(cohort(JSON.parse('{"__proto__": {"state": "CO"}}') as Record<string, unknown>)).toBeNull();
    expect(cohort(Object.create({ state: 'CO' }) as Record<string, unknown>)).toBeNull();
  });

  it.each([42, true, null, ['CO'], { code: 'CO' }])('refuses an attribute that is not text: %j', (value) => {
    expect(() => cohort({ state: value })).toThrow(InvalidContext);
    expect(() => cohort({ state: value })).toThrow(/attribute 'state'/);
  });

  it('repeats nothing that it received', () => {
    let message = '';
    try {
      cohort({ state: ['a-very-private-value'] });
    } catch (error) {
      message = (error as Error).message;
    }
    expect(message).not.toBe('');
    expect(message).not.toContain('private');
  });
});
