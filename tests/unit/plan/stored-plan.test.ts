import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadPlan } from '../../../domain/plan/load-plan';
import { PlanOfOtherRelease, readStoredPlan } from '../../../domain/plan/stored-plan';
import { packageRoot } from '../../../platform/package-root';

const EXAMPLES = ['telehealth', 'payment', 'loan-funnel'];
const plans = EXAMPLES.map((name) => ({
  name,
  plan: loadPlan(readFileSync(join(packageRoot(), 'examples', `${name}.yaml`), 'utf8')).plan,
}));

/** As the database gives it back. */
function stored(plan: unknown): unknown {
  return JSON.parse(JSON.stringify(plan));
}

/** Without some names, wherever they stand. */
function without(names: readonly string[], value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (name, item: unknown) => (names.includes(name) ? undefined : item)),
  ) as unknown;
}

describe('a plan that was stored', () => {
  it.each(plans)('is read as it is: $name', ({ plan }) => {
    expect(readStoredPlan(stored(plan))).toEqual(stored(plan));
  });

  it.each(plans)('before the language had some of its parts has their defaults: $name', ({ plan }) => {
    const earlier = without(['opensOn', 'endPhase', 'phasesLeftOut', 'closedBy', 'maxOpen', 'inFlight'], plan);
    const read = readStoredPlan(earlier);
    expect(read.phasesLeftOut).toEqual({});
    for (const queue of read.queues) expect(queue.opensOn).toEqual([]);
    for (const phase of read.phases) {
      expect(phase.closedBy).toEqual([]);
      expect(phase.inFlight).toEqual({ otherwise: 'finish', milestones: [] });
    }
    for (const handoff of read.handoffs) expect(handoff).not.toHaveProperty('endPhase');
    // What was there stays as it was.
    expect(read).toMatchObject(earlier as object);
  });

  it.each([
    ['owners', 'owners'],
    ['watch', 'phases[0].ramp[0].watch'],
  ])('without %s, which has no default, is refused by name', (name, path) => {
    const telehealth = plans[0]?.plan;
    expect(() => readStoredPlan(without([name], telehealth))).toThrow(PlanOfOtherRelease);
    // A cohort's own ramp may stand before the phase's.
    expect(() => readStoredPlan(without([name], { ...telehealth, phases: [telehealth?.phases[0]] }))).toThrow(path);
  });

  it('that is no plan at all is refused', () => {
    expect(() => readStoredPlan({})).toThrow(PlanOfOtherRelease);
    expect(() => readStoredPlan([])).toThrow(PlanOfOtherRelease);
  });
});
