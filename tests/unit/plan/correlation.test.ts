import { handoffRules } from '../../../domain/handoffs/handoff-rule';
import { loadPlan } from '../../../domain/plan/load-plan';
import { CORRELATED_PLAN } from '../../integration/facts/correlated-stack';
import { FACTS_PLAN } from '../../integration/facts/facts-plan';
import { edit, findingsOf } from './plan-texts';

const BY_ORDER = 'correlate: { field: orderNumber }';
const TRACKED = '- type: tracking.visible\n    data: { orderNumber: { kind: integer, required: true } }';

describe('what a handoff counts by', () => {
  it('is the journey unless it is declared, and the hash of a plan that says nothing of it stays what it was', () => {
    const { plan } = loadPlan(CORRELATED_PLAN);
    expect(handoffRules(plan, 1).map(({ correlate }) => correlate)).toEqual([
      { kind: 'patient' },
      { kind: 'instance', of: 'subscription' },
      { kind: 'field', field: 'orderNumber' },
      undefined,
      undefined,
    ]);
    for (const handoff of loadPlan(FACTS_PLAN).plan.handoffs) expect(handoff).not.toHaveProperty('correlate');
  });

  it.each([
    [
      'a field that one of its events lacks',
      edit(CORRELATED_PLAN, BY_ORDER, 'correlate: { field: orderNumbr }'),
      'WH412',
      "'order.shipped' has no field 'orderNumbr'. Did you mean 'orderNumber'?",
    ],
    [
      'a field that may be left out',
      edit(CORRELATED_PLAN, TRACKED, TRACKED.replace(', required: true', '')),
      'WH405',
      "'orderNumber' of 'tracking.visible' may be left out. Write 'required: true', so that each event says which it belongs to.",
    ],
    [
      'two fields of different kinds',
      edit(CORRELATED_PLAN, TRACKED, TRACKED.replace('kind: integer', 'kind: code, codes: [one]')),
      'WH405',
      "'orderNumber' of 'tracking.visible' is of kind 'code' and that of the start of kind 'integer', so they never are equal. Name a field of one kind.",
    ],
    [
      'a field that does not tell one from another',
      CORRELATED_PLAN.replaceAll('orderNumber: { kind: integer', 'orderNumber: { kind: boolean'),
      'WH405',
      "'orderNumber' of 'order.shipped' is of kind 'boolean', which does not tell one from another. Name a field of kind 'code' or 'integer'.",
    ],
    [
      'a unit that the plan has no keys of',
      edit(CORRELATED_PLAN, '{ instance: subscription }', '{ instance: login }'),
      'WH406',
      "The plan has no keys of kind 'login'. Declare their prefix under 'keys', or correlate by something else.",
    ],
  ])('is not %s', (_what, text, code, message) => {
    expect(findingsOf(text)).toContainEqual(expect.objectContaining({ code, message }));
  });

  it.each(['anything', '{ instance: episode }', '{ field: orderNumber, instance: login }', '{}'])(
    'is not %s: it is answered at its place',
    (written) => {
      const found = findingsOf(edit(CORRELATED_PLAN, BY_ORDER, `correlate: ${written}`));
      const problems = found.filter(({ severity }) => severity === 'error');
      expect(problems.length).toBeGreaterThan(0);
      for (const { path } of problems) expect(path).toMatch(/^handoffs\[2\]\.correlate/);
    },
  );
});
