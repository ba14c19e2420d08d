import fc from 'fast-check';
import { planSchema } from '../../../../domain/plan/plan-schema';
import { FULL_PLAN_JUDGED_AT } from '../../../fixtures/full-plan';
import { findingsOf } from '../plan-texts';
import { EXEMPTIONS } from './exemptions';
import { OPERATORS, written } from './mutate';
import { changes, MUTATED_PLANS, mutantTable, runMutants } from './run-mutants';
import { heldPaths, schemaPaths } from './schema-paths';

/** As many as some seconds allow, other ones for another seed; `npm run check:mutants` makes all of them. */
const SAMPLE = 80;
const SEED = 20_261_128;

describe('a plan with one thing changed', () => {
  it('has no finding before', () => {
    for (const plan of MUTATED_PLANS) expect(findingsOf(written(plan), FULL_PLAN_JUDGED_AT)).toEqual([]);
  });

  it('has every path of the plan language, so that none goes unchanged', () => {
    const held = new Set(MUTATED_PLANS.flatMap((plan) => [...heldPaths(planSchema, plan)]));
    expect(held.size).toBeGreaterThan(450);
    expect([...schemaPaths(planSchema)].filter((path) => !held.has(path))).toEqual([]);
  });

  it('is found fault with at the line of the change, or the change is one that is listed with the reason', () => {
    const [sample = []] = fc.sample(fc.shuffledSubarray(changes(), { minLength: SAMPLE, maxLength: SAMPLE }), {
      numRuns: 1,
      seed: SEED,
    });
    const tallies = runMutants(sample);
    const missed = [...tallies.values()].flatMap((tally) =>
      tally.missed.map(({ operator, pattern }) => [operator, pattern]),
    );
    expect(missed).toEqual([]);
    for (const operator of OPERATORS) expect(tallies.get(operator)?.found).toBeGreaterThan(0);
    expect(mutantTable(tallies)).toContain('unknownReference');
  });

  it('is exempt for reasons that are given, each a sentence', () => {
    expect(EXEMPTIONS.length).toBeLessThan(40);
    for (const { reason } of EXEMPTIONS) expect(reason).toMatch(/^[A-Z'].{15,}\.$/);
  });
});
