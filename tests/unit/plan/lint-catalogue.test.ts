import { shippedTemplates } from '../../../platform/shipped-templates';
import { loadPlan, type LoadedPlan } from '../../../domain/plan/load-plan';
import { LINT_CATALOGUE, LINT_CODES, lintEntry } from '../../../domain/plan/lint/lint-catalogue';
import { NOT_CARRIED_OUT_CODES } from '../../../domain/plan/lint/codes/not-carried-out-codes';
import { examplePlans, JUDGED_AT } from './lint-examples';
import { findingsOf } from './plan-texts';

describe('the catalogue of what lint finds', () => {
  // Many codes have the same good plan: each is judged once.
  const loaded = new Map<string, LoadedPlan>();
  const good = (text: string): LoadedPlan => {
    const plan = loaded.get(text) ?? loadPlan(text, JUDGED_AT, shippedTemplates());
    loaded.set(text, plan);
    return plan;
  };

  const judged = LINT_CODES.filter((code) => !(code in NOT_CARRIED_OUT_CODES));

  it.each(judged)('%s is found in its bad example, and what it says to write is good', (code) => {
    const plans = examplePlans(code);
    const found = findingsOf(plans.bad, JUDGED_AT).filter((finding) => finding.code === code);
    expect(found.length).toBeGreaterThan(0);
    expect(found.map(({ severity }) => severity)).toEqual(found.map(() => lintEntry(code).severity));
    const { warnings, hash } = good(plans.good);
    expect(warnings.map((finding) => finding.code)).not.toContain(code);
    expect(hash).toMatch(/^[0-9a-f]{64}$/);
  });

  it('has codes of three digits in order, each with a title of its own and words on why it matters', () => {
    expect(LINT_CODES).toEqual([...LINT_CODES].sort());
    for (const code of LINT_CODES) expect(code).toMatch(/^WH\d{3}$/);
    expect(new Set(LINT_CODES.map((code) => lintEntry(code).title)).size).toBe(LINT_CODES.length);
    for (const code of LINT_CODES) {
      const { title, why } = lintEntry(code);
      expect(title).toMatch(/^[A-Z].*[^.]$/);
      expect(title.length).toBeLessThan(70);
      expect(why).toMatch(/^[A-Z'].{20,}\.$/);
    }
  });

  it('lets nobody waive what stops a plan, but for answers that may wait', () => {
    const waivableErrors = LINT_CODES.filter((code) => {
      const { severity, waivable } = lintEntry(code);
      return severity === 'error' && waivable === true;
    });
    expect(waivableErrors).toEqual(['WH305', 'WH620', 'WH713']);
    expect(Object.keys(LINT_CATALOGUE)).toHaveLength(LINT_CODES.length);
  });
});
