import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadPlan } from '../../../domain/plan/load-plan';
import { stageRuns, StageMap } from '../../../domain/timeline/stage-of-journey';
import { packageRoot } from '../../../platform/package-root';

const { plan } = loadPlan(readFileSync(join(packageRoot(), 'examples/telehealth.yaml'), 'utf8'));
const stages = new StageMap(plan);
const source = (system: string): string => plan.systems.find(({ id }) => id === system)?.source ?? '';

describe('R15 where an event finds a patient', () => {
  it.each([
    ['intake.submitted', 'target-intake', 'intake'],
    ['payment.succeeded', 'legacy-billing', 'payment'],
    ['review.approved', 'target-chart', 'provider-review'],
    ['order.shipped', 'target-pharmacy', 'fulfillment'],
  ])('%s of %s is %s', (type, system, stage) => {
    expect(stages.placeOf({ type, source: source(system) })).toMatchObject({ stage });
  });

  it('says which team owns the action: of the layer whose patients notice it, else of the one whose system sent it', () => {
    expect(stages.ownerOf({ type: 'payment.refunded' })).toBe('billing-operations');
    expect(stages.ownerOf({ type: 'unheard.of', source: source('legacy-pharmacy') })).toBe('pharmacy-operations');
    expect(stages.ownerOf({ type: 'unheard.of' })).toBeNull();
  });

  it('counts from the first event of a stage without a break, whatever tells nothing in between', () => {
    const at = (time: number, type: string, system: string) => ({ time, type, source: source(system) });
    expect(stageRuns(stages, [])).toEqual([]);
    expect(
      stageRuns(stages, [
        at(1, 'intake.submitted', 'target-intake'),
        at(2, 'payment.succeeded', 'target-billing'),
        at(3, 'payment.failed', 'target-billing'),
        at(4, 'payment.succeeded', 'target-billing'),
      ]),
    ).toMatchObject([
      { stage: 'intake', since: 1, until: 2 },
      { stage: 'payment', phase: 'payment', owner: 'billing-operations', since: 2, until: undefined },
    ]);
  });
});
