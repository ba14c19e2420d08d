import { findingsOf, TELEHEALTH } from '../plan-texts';
import { defectTable, runDefect, SEMANTIC_DEFECTS } from './run-defects';

describe('a plan with a mistake that would hurt patients', () => {
  it('has no finding without one', () => {
    expect(findingsOf(TELEHEALTH)).toEqual([]);
  });

  it('is found fault with at the line of the mistake, whatever it is', () => {
    const outcomes = SEMANTIC_DEFECTS.map(runDefect);
    process.stdout.write(defectTable(outcomes));
    expect(outcomes.filter(({ found }) => found.length === 0).map(({ name }) => name)).toEqual([]);
  });

  it('is one of many kinds, each with what it costs', () => {
    expect(SEMANTIC_DEFECTS.length).toBeGreaterThan(100);
    expect(new Set(SEMANTIC_DEFECTS.map(({ name }) => name)).size).toBe(SEMANTIC_DEFECTS.length);
    for (const { why } of SEMANTIC_DEFECTS) expect(why).toMatch(/^[A-Z].{15,}\.$/);
  });
});
