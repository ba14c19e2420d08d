import fc from 'fast-check';
import { loadPlan } from '../../../../domain/plan/load-plan';
import { EXEMPTIONS } from './exemptions';
import { OPERATORS } from './mutate';
import { changes, MUTATED_PLAN, mutantTable, runMutants } from './run-mutants';

/** As many as some seconds allow, other ones for another seed; `npm run check:mutants` makes all of them. */
const SAMPLE = 80;
const SEED = 20_261_128;

describe('a plan with one thing changed', () => {
  it('has no finding before', () => {
    expect(loadPlan(MUTATED_PLAN).warnings).toEqual([]);
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
