import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadPlan } from '../../../domain/plan/load-plan';

const payment = readFileSync(join(__dirname, '../../fixtures/plans/payment.yaml'), 'utf8');

describe('a good plan', () => {
  it('loads with its defaults, a hash, and nothing to warn of', () => {
    const { plan, hash, warnings } = loadPlan(payment);
    expect(warnings).toEqual([]);
    expect(hash).toMatch(/^[0-9a-f]{64}$/);
    expect(plan.phases[0]).toMatchObject({
      ramp: [{ share: 10_000, watch: 86_400_000 }, { share: 25_000 }, { share: 50_000 }, { share: 100_000 }],
      lease: 60_000,
      resumeWithin: 900_000,
      approvals: { bySignal: false, goNoGo: { count: 2, escalateAfter: 86_400_000 } },
    });
    expect(plan.handoffs[0]).toMatchObject({ end: ['review.assigned'], within: 600_000 });
  });
});
