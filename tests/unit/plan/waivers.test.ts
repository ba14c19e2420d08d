import { lintPlan } from '../../../cli/plan/lint-plan';
import { githubCommands } from '../../../cli/plan/github-commands';
import { lintScreen } from '../../../cli/plan/lint-screen';
import { sarifLog } from '../../../cli/plan/sarif-log';
import { LINT_CODES, lintEntry } from '../../../domain/plan/lint/lint-catalogue';
import { loadPlan } from '../../../domain/plan/load-plan';
import { WAIVING } from './lint-examples';
import { edit, findingsOf, PAYMENT, positionOf } from './plan-texts';

const DAY = 86_400_000;
const ENDS = Date.parse('2126-01-31T00:00:00Z');

/** The plan with an answer of its stack map still to come, waived until a day. */
const UNDECIDED = `${edit(PAYMENT, 'actionOwner: billing-operations', 'actionOwner: TBD')}
waivers:
  - code: WH305
    at: stackMap[4].actionOwner
    reason: The billing team is being hired; its lead starts before the first step.
    approvedBy: release-managers
    expires: 2126-01-31
`;

describe('R2 an answer that is still to come', () => {
  it('refuses the plan, at its line, unless it is waived', () => {
    const text = UNDECIDED.slice(0, UNDECIDED.indexOf('\nwaivers:'));
    expect(findingsOf(text, 0)).toEqual([
      expect.objectContaining({
        code: 'WH305',
        severity: 'error',
        ...positionOf(text, 'TBD'),
        path: 'stackMap[4].actionOwner',
      }),
    ]);
  });

  it('is waived until a day, by a team that answers for it, and the plan says so wherever it is shown', () => {
    const { plan, warnings, waived } = loadPlan(UNDECIDED, ENDS - 1);
    expect(warnings).toEqual([]);
    expect(waived).toEqual([
      expect.objectContaining({
        code: 'WH305',
        severity: 'waived',
        path: 'stackMap[4].actionOwner',
        waiver: {
          reason: 'The billing team is being hired; its lead starts before the first step.',
          approvedBy: 'release-managers',
          expires: '2126-01-31',
        },
      }),
    ]);
    expect(plan.stackMap[4]).toMatchObject({ actionOwner: 'tbd' });
    expect(plan.waivers).toHaveLength(1);
  });

  it.each([
    ['on the day', ENDS],
    ['after it', ENDS + 400 * DAY],
    ['judged at no moment at all', undefined],
  ])('refuses the plan again %s: at the answer and at the waiver', (_, judgedAt) => {
    const found = findingsOf(UNDECIDED, judgedAt);
    expect(found.map(({ code, path }) => [code, path])).toEqual([
      ['WH305', 'stackMap[4].actionOwner'],
      ['WH903', 'waivers[0].expires'],
    ]);
    expect(found[1]?.message).toContain('2126-01-31');
  });

  it.each([
    ['a system of one side', 'target: target-billing }', 'target: TBD }', 'stackMap[4].dataOwner.target'],
    ['what patients see', 'patientEvents: [review.decided]', 'patientEvents: [TBD]', 'stackMap[3].patientEvents[0]'],
  ])('may be %s', (_, from, to, at) => {
    const text = edit(edit(UNDECIDED, 'actionOwner: TBD', 'actionOwner: billing-operations'), from, to);
    const waiving = edit(text, 'at: stackMap[4].actionOwner', `at: ${at}`);
    expect(findingsOf(text, 0).map(({ code }) => code)).toEqual(expect.arrayContaining(['WH305']) as string[]);
    expect(loadPlan(waiving, 0).waived.map(({ path }) => path)).toEqual([at]);
  });

  it.each(['both', "'?'", "'n/a'", 'someone', "''"])('is not %s, which nobody can approve', (answer) => {
    const text = edit(UNDECIDED, 'actionOwner: TBD', `actionOwner: ${answer}`);
    const waiving = edit(text, 'code: WH305', 'code: WH108');
    expect(findingsOf(waiving, 0).map(({ code }) => code)).toEqual(['WH108', 'WH902']);
  });
});

describe('a waiver', () => {
  it('stops nothing and is listed: on the screen, for programs, for pull requests and as SARIF', () => {
    const { result } = lintPlan(WAIVING, 0);
    expect(result).toMatchObject({ ok: true, warnings: [], waived: [{ code: 'WH403', severity: 'waived' }] });
    const screen = lintScreen('cutover.yaml', result, WAIVING);
    expect(screen).toMatch(
      /: waived: WH403 {2}handoffs\[1\]\.within {2}.* Waived by support-leads until 2126-01-31: The/,
    );
    expect(screen).toContain('\n1 waived.');
    expect(githubCommands('cutover.yaml', result)).toMatch(/^::notice /);
    expect(sarifLog('cutover.yaml', result).runs[0].results[0]?.suppressions).toEqual([
      { kind: 'inSource', status: 'accepted', justification: expect.stringMatching(/^The message/) as string },
    ]);
  });

  it('is part of what people approve: another reason, approver or day is another plan', () => {
    const hashes = [
      ['reason: The message', 'reason: A message'],
      ['approvedBy: support-leads', 'approvedBy: clinical-leads'],
      ['expires: 2126-01-31', 'expires: 2126-02-01'],
    ].map(([from = '', to = '']) => loadPlan(edit(WAIVING, from, to), 0).hash);
    expect(new Set([...hashes, loadPlan(WAIVING, 0).hash]).size).toBe(4);
  });

  it('waives one finding at one place, not the same elsewhere', () => {
    const both = edit(WAIVING, 'within: 10m', 'within: 30s');
    expect(findingsOf(both, 0).map(({ code, path }) => [code, path])).toEqual([['WH403', 'handoffs[0].within']]);
  });

  it('that matches nothing deserves a look', () => {
    const mended = edit(WAIVING, 'within: 60s', 'within: 5m');
    expect(findingsOf(mended, 0)).toEqual([
      expect.objectContaining({ code: 'WH904', severity: 'warning', path: 'waivers[0].at' }),
    ]);
  });

  it('of an expired day refuses the plan whether or not what it was for is mended', () => {
    expect(findingsOf(edit(WAIVING, 'within: 60s', 'within: 5m'), ENDS).map(({ code }) => code)).toEqual(['WH903']);
  });

  it('is approved by a team of the plan, for a reason that is one, until a day that there is', () => {
    const text = [
      ['reason: The message service reports within seconds; nobody waits longer than the deadline.', "reason: 'n/a'"],
      ['approvedBy: support-leads', 'approvedBy: support-lead'],
      ['expires: 2126-01-31', 'expires: 2126-02-30'],
    ].reduce((plan, [from = '', to = '']) => edit(plan, from, to), WAIVING);
    expect(findingsOf(text, 0).map(({ code, path }) => [code, path])).toEqual([
      ['WH109', 'waivers[0].reason'],
      ['WH202', 'waivers[0].approvedBy'],
      ['WH107', 'waivers[0].expires'],
      ['WH403', 'handoffs[1].within'],
    ]);
  });

  it('never is of what protects patients: every code that may not be waived says so', () => {
    for (const code of LINT_CODES.filter((known) => lintEntry(known).waivable !== true)) {
      const found = findingsOf(edit(WAIVING, 'code: WH403', `code: ${code}`), 0);
      expect([code, found.map((finding) => finding.code)]).toEqual([code, ['WH902', 'WH403']]);
    }
  });
});
