import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { inline } from '../../../../cli/plan/pages/markdown';
import { raciCsv } from '../../../../cli/plan/raci/raci-csv';
import { raciMarkdown } from '../../../../cli/plan/raci/raci-markdown';
import { loadPlan } from '../../../../domain/plan/load-plan';
import { DATA } from '../../../../domain/plan/journey';
import type { Plan } from '../../../../domain/plan/plan-schema';
import { raciOf, unowned } from '../../../../domain/plan/raci/raci-of';
import type { RaciRow } from '../../../../domain/plan/raci/raci-row';
import { edit, PAYMENT, TELEHEALTH } from '../plan-texts';
import { anyCharacter, anyPlan, HOSTILE } from '../graph/any-plan';

const { plan } = loadPlan(TELEHEALTH);

function rowAt(from: string, of: Plan = plan): RaciRow | undefined {
  return raciOf(of).find((row) => row.from === from);
}

describe('R40 who owns what', () => {
  it('has exactly one row for each thing that somebody has a part in, whatever the plan', () => {
    fc.assert(
      fc.property(anyPlan, (any) => {
        const rows = raciOf(any).map(({ from }) => from);
        const expected = [
          ...any.stackMap.flatMap((row) => ('notApplicable' in row ? [] : [`stackMap[${row.layer}]`])),
          ...any.queues.map(({ id }) => `queues[${id}]`),
          ...any.rollbackRules.map(({ id }) => `rollbackRules[${id}]`),
          ...(any.queueRules ?? []).map(({ id }) => `queueRules[${id}]`),
          ...(any.declaredGates ?? []).map(({ id }) => `declaredGates[${id}]`),
          ...(any.coverage ?? []).map(({ id }) => `coverage[${id}]`),
          ...(any.runbook ?? []).map(({ id }) => `runbook[${id}]`),
          ...(any.ownership ?? []).flatMap(({ datum, tails = [] }) => [
            `ownership[${datum}]`,
            ...tails.map(({ id }) => `ownership[${datum}].tails[${id}]`),
          ]),
          ...any.phases.flatMap(({ id }) =>
            ['goNoGo', 'goOn', 'commit'].map((decision) => `phases[${id}].approvals.${decision}`),
          ),
        ];
        for (const from of expected) expect(rows.filter((one) => one === from)).toHaveLength(1);
      }),
      { numRuns: 30 },
    );
  });

  it('has one who answers in each row, or says that there is nobody', () => {
    const rows = raciOf(plan);
    const known = new Set(plan.owners.map(({ id }) => id));
    for (const { area, accountable } of rows) {
      if (accountable === undefined) expect(area).toBe('by hand');
      else expect(known.has(accountable) || accountable.startsWith('role:')).toBe(true);
    }
    const document = raciMarkdown(plan, rows);
    expect(unowned(rows).length).toBeGreaterThan(0);
    for (const { thing, from } of unowned(rows)) expect(document).toContain(`- ${inline(thing)} (\`${from}\`)`);
  });

  it.each<[string, Partial<RaciRow>]>([
    [
      'queues[payment-not-routed]',
      {
        responsible: ['care-coordination'],
        accountable: 'care-coordination',
        informed: ['clinical-leadership', 'release-management'],
        due: '30m',
      },
    ],
    [
      'ownership[patient-contact]',
      {
        responsible: ['care-coordination'],
        accountable: 'data-stewardship',
        due: 'handed over by the commit of intake',
      },
    ],
    [
      'ownership[payment-status].tails[refunds]',
      { accountable: 'billing-operations', due: '120d after the commit of payment' },
    ],
    [
      'rollbackRules[identity-in-doubt]',
      {
        responsible: ['the engine, by itself'],
        accountable: 'release-management',
        consulted: ['clinical-leadership', 'data-stewardship'],
        informed: ['refill-nursing'],
      },
    ],
    [
      'phases[provider-routing].approvals.goOn',
      { responsible: ['role:clinical-lead'], accountable: 'role:clinical-lead', consulted: [] },
    ],
    [
      'phases[payment].cohorts[returning].ramp[1].approval',
      { accountable: 'role:release-manager', responsible: ['role:release-manager', 'role:clinical-lead'] },
    ],
    [
      'runbook[go-no-go]',
      { accountable: 'release-management', due: 'day 0, the first step at 08:30 of the migration' },
    ],
    ['phases[intake].ramp[0].checks[by-phone]', { accountable: 'care-coordination' }],
  ])('says of %s who has which part', (from, expected) => {
    expect(rowAt(from)).toMatchObject(expected);
  });

  it('names nobody for what is still to be decided, and for data of a plan without a matrix (R2, R4)', () => {
    const undecided = structuredClone(plan);
    const [layer] = undecided.stackMap;
    if (layer !== undefined && 'actionOwner' in layer) layer.actionOwner = 'tbd';
    expect(rowAt('stackMap[landing-and-attribution]', undecided)).toMatchObject({ responsible: [] });
    expect(unowned(raciOf(undecided)).map(({ from }) => from)).toContain('stackMap[landing-and-attribution]');
    const { ownership: _, ...without } = loadPlan(PAYMENT).plan;
    expect(unowned(raciOf(without)).filter(({ area }) => area === 'datum')).toHaveLength(DATA.length);
  });

  it('gives the first who agreed as the one who answers', () => {
    const other = edit(
      TELEHEALTH,
      'gate: click-floor\n    action: { kind: rollback, scope: phase }\n    agreedBy: [release-management, growth]',
      'gate: click-floor\n    action: { kind: rollback, scope: phase }\n    agreedBy: [growth, release-management]',
    );
    expect(rowAt('rollbackRules[clicks-lost]', loadPlan(other).plan)).toMatchObject({
      accountable: 'growth',
      consulted: ['release-management'],
    });
  });
});

describe('who owns what, as CSV', () => {
  const row = (thing: string): RaciRow => ({
    ...{ area: 'task', thing, responsible: [thing], accountable: thing, consulted: [thing, thing], informed: [] },
    ...{ due: thing, from: thing },
  });

  it('reads back as it was (RFC 4180)', () => {
    const rows = raciOf(plan);
    const csv = raciCsv(rows);
    const read: Record<string, string>[] = parse(csv, { columns: true });
    expect(read.map(({ thing, from }) => [thing, from])).toEqual(rows.map(({ thing, from }) => [thing, from]));
    expect(csv.split('\r\n')).toHaveLength(rows.length + 2);
  });

  it('holds no formula, whatever a plan says', () => {
    const spaces = fc.constantFrom('', ' ', '\t', '\n', '\r', '\u00a0');
    const text = fc
      .tuple(spaces, fc.constantFrom('=', '+', '-', '@', '\t', '＝', '"=', ''), fc.string({ maxLength: 20 }))
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(fc.oneof(text, fc.constantFrom(...HOSTILE)), (any) => {
        const cells = parse(raciCsv([row(any)])).flat();
        expect(cells.filter((cell) => /^[\s]*[=+\-@＝＋－＠\t\r]/.test(cell))).toEqual([]);
        const said = any.replace(/[\s\p{Cc}]+/gu, ' ').trim();
        expect(cells.some((cell) => cell.replace(/^'/, '') === said.replace(/^'/, ''))).toBe(true);
      }),
    );
  });
});

describe('text of a plan in Markdown', () => {
  it('is a cell and nothing else, whatever it is', () => {
    fc.assert(
      fc.property(fc.oneof(fc.constantFrom(...HOSTILE), fc.string({ unit: anyCharacter, maxLength: 60 })), (text) => {
        const cell = inline(text);
        expect(cell).not.toMatch(/[<>\n]|(^|[^\\])(\\\\)*[`*_[\]|~]/);
        expect(cell).not.toMatch(/^([#+-]|\d+[.)])/);
      }),
    );
  });
});
