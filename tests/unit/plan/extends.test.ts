import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { parse, stringify } from 'yaml';
import { wholePlanScreen } from '../../../cli/plan/whole-plan-screen';
import { BadPlan } from '../../../domain/plan/bad-plan';
import { loadPlan, type LoadedPlan } from '../../../domain/plan/load-plan';
import type { PlanTemplates } from '../../../domain/plan/templates/plan-templates';
import { packageRoot } from '../../../platform/package-root';
import { shippedTemplates } from '../../../platform/shipped-templates';
import { edit, PAYMENT, positionOf, TELEHEALTH } from './plan-texts';

const SHORT = readFileSync(join(packageRoot(), 'examples', 'telehealth-short.yaml'), 'utf8');
const HEAD = 'apiVersion: warm-handoff/v1\nextends: base\n';

/** The plan of one phase as a template, and others. */
const templates = (others: Record<string, string> = {}): PlanTemplates =>
  new Map([['base', PAYMENT], ...Object.entries(others)]);

const load = (text: string, known = templates()): LoadedPlan => loadPlan(text, Infinity, known);

function problems(
  text: string,
  known = templates(),
): { line: number; column: number; path: string; message: string }[] {
  try {
    load(text, known);
  } catch (error) {
    if (!(error instanceof BadPlan)) throw error;
    return error.problems.map(({ line, column, path, message }) => ({ line, column, path, message }));
  }
  throw new Error('The plan loaded.');
}

describe('a plan that extends a template', () => {
  it('says all that a real one must in under 300 lines, and lints clean', () => {
    expect(SHORT.trimEnd().split('\n').length).toBeLessThan(300);
    const { plan, warnings } = load(SHORT, shippedTemplates());
    expect(warnings).toEqual([]);
    const whole = loadPlan(TELEHEALTH).plan;
    const own = Object.keys(whole).filter((section) => section !== 'data');
    expect(Object.keys(plan)).toEqual(expect.arrayContaining(own));
    expect(plan.phases.map(({ id }) => id)).toEqual(whole.phases.map(({ id }) => id));
    expect(plan.handoffs.length).toBe(whole.handoffs.length);
    expect(plan.rollbackRules.length).toBe(whole.rollbackRules.length);
  });

  it('is the same plan, of the same hash, as the one that has everything written out', () => {
    const { plan, hash } = load(SHORT, shippedTemplates());
    expect(plan).not.toHaveProperty('extends');
    expect(load(wholePlanScreen(plan, hash)).hash).toBe(hash);
    expect(load(HEAD).hash).toBe(loadPlan(PAYMENT).hash);
  });

  it('has what it writes itself, and of entries with an id only that', () => {
    const { plan } = load(
      `${HEAD}phases:\n  - id: payment\n    soak: 20d\n    gates:\n      - { id: messages-floor, rule: { atLeast: 80% } }\n`,
    );
    const before = loadPlan(PAYMENT).plan;
    const [phase] = before.phases;
    expect(plan).toEqual({
      ...before,
      phases: [
        {
          ...phase,
          soak: 20 * 86_400_000,
          gates: phase?.gates.map((gate) =>
            gate.id === 'messages-floor' ? { ...gate, rule: { ...gate.rule, atLeast: 0.8 } } : gate,
          ),
        },
      ],
    });
  });

  it('writes a list without ids, another kind of rule, and an entry of another form as a whole', () => {
    const { plan } = load(
      `${HEAD}phases:\n  - id: payment\n    ramp: [{ share: 5%, watch: 1d }, { share: 100%, watch: 1d }]\n    gates:\n      - { id: messages-floor, rule: { kind: zeroTolerance } }\n` +
        'stackMap:\n  - { layer: charting-and-ehr, notApplicable: The chart stays. }\n',
    );
    expect(plan.phases[0]?.ramp).toHaveLength(2);
    expect(plan.phases[0]?.gates[2]?.rule).toEqual({ kind: 'zeroTolerance', missed: 0, minimumOutcomes: 1 });
    expect(plan.stackMap[3]).toEqual({ layer: 'charting-and-ehr', notApplicable: 'The chart stays.' });
  });

  it('puts an entry of its own after the one before it in its list, else before the one after it, else at the end', () => {
    const cohorts = (list: string): string[] | undefined =>
      load(`${HEAD}phases:\n  - id: payment\n    cohorts: [${list}]\n`).plan.phases[0]?.cohorts.map(({ id }) => id);
    const texas = '{ id: texas, when: { state: [TX] } }';
    expect(cohorts(`{ id: pilot-states }, ${texas}`)).toEqual(['pilot-states', 'texas', 'everyone-else']);
    expect(cohorts(`${texas}, { id: everyone-else }`)).toEqual(['pilot-states', 'texas', 'everyone-else']);
    expect(cohorts(`${texas}, { id: pilot-states }`)).toEqual(['texas', 'pilot-states', 'everyone-else']);
    const queue = '{ id: mine, owner: care-coordination, sla: 1h, path: [Look.], opensOn: [checkout.started] }';
    expect(load(`${HEAD}queues: [${queue}]\n`).plan.queues.map(({ id }) => id)).toEqual([
      'payment-not-routed',
      'next-step-not-sent',
      'mine',
    ]);
  });

  it('leaves out what it lists, by the names that lead to it', () => {
    const { plan } = load(
      `${HEAD}without: [handoffs/payment-to-next-step-message, phases/payment/gates/messages-floor, rollbackRules/messages-missing, queues/next-step-not-sent, title]\nphases:\n  - id: payment\n    kind: custom\nphasesLeftOut: { payment: Elsewhere. }\n`,
    );
    expect(plan.handoffs.map(({ id }) => id)).toEqual(['payment-to-provider-routing']);
    expect(plan.phases[0]?.gates.map(({ id }) => id)).toEqual(['routing-floor', 'routing-against-legacy']);
    expect(plan).not.toHaveProperty('title');
  });

  it('may extend a template that extends another', () => {
    const known = templates({
      middle: `extends: base\ntitle: In between\nwithout: [owners/support-leads]\nrollbackRules: [{ id: messages-missing, agreedBy: [release-managers] }]\n`,
    });
    const { plan } = load('apiVersion: warm-handoff/v1\nextends: middle\nmigration: mine\n', known);
    expect([plan.migration, plan.title, plan.owners.length]).toEqual(['mine', 'In between', 4]);
  });

  it('is the same whatever order its names and entries stand in', () => {
    const document = parse(SHORT) as Record<string, unknown[]>;
    const { hash } = load(SHORT, shippedTemplates());
    const shuffled = fc.constantFrom('queues', 'rollbackRules', 'runbook', 'declaredGates', 'stackMap', 'events');
    fc.assert(
      fc.property(shuffled, fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })), (section, numbers) => {
        const list = [...(document[section] ?? [])]
          .map((item) => [numbers.next().value as number, item] as const)
          .sort(([one], [other]) => one - other)
          .map(([, item]) => item);
        expect(load(stringify({ ...document, [section]: list }), shippedTemplates()).hash).toBe(hash);
      }),
      { numRuns: 12 },
    );
  });
});

describe('a finding of a plan that extends a template', () => {
  it('stands where the plan wrote it, by its own path', () => {
    const text = `${HEAD}queues:\n  - { id: next-step-not-sent, owner: care-cordination }\n`;
    expect(problems(text)).toEqual([
      {
        ...positionOf(text, 'care-cordination'),
        path: 'queues[0].owner',
        message: "There is no owner 'care-cordination'. Did you mean 'care-coordination'?",
      },
    ]);
  });

  it('stands at the template’s name where the plan did not write it, and says where it comes from, by its name there', () => {
    const text = `${HEAD}without: [owners/clinical-leads]\n`;
    const found = problems(text);
    expect(found.length).toBeGreaterThan(1);
    expect(found[0]).toEqual({
      ...positionOf(text, 'base'),
      path: 'stackMap[3].actionOwner',
      message:
        "There is no owner 'clinical-leads'. Declare it under 'owners', or name one that is there. It comes from the template 'base': stackMap[charting-and-ehr].actionOwner.",
    });
  });

  it('stands at the entry that the plan writes where the template does not have all of it', () => {
    const text = `${HEAD}owners:\n  - { title: Nobody }\n`;
    expect(problems(text).map(({ path }) => path)).toContain('owners[0].id');
  });
});

describe('what cannot be extended is refused, with nothing else said', () => {
  it.each([
    ['a template that there is not', 'extends: bas\n', 'bas\n', "There is no template 'bas'. Did you mean 'base'?"],
    [
      'what is far from any',
      'extends: telehealth\n',
      'telehealth',
      "There is no template 'telehealth'. There are: base, one, other, broken.",
    ],
    ['two templates at once', 'extends: [base, base]\n', 'extends', 'Write the name of one template.'],
    ['nothing', 'extends:\n', 'extends', 'Write the name of one template.'],
    [
      'a circle of templates',
      'extends: one\n',
      'one\n',
      "The template 'one' extends itself, by way of 'one', 'other'. Extend another one.",
    ],
    [
      'a template that cannot be read',
      'extends: broken\n',
      'broken',
      "The template 'broken' cannot be read. Extend another one.",
    ],
  ])('%s', (_, line, at, message) => {
    const text = `apiVersion: warm-handoff/v1\n${line}`;
    const known = templates({ one: 'extends: other\n', other: 'extends: one\n', broken: 'a: [\n' });
    expect(problems(text, known)).toEqual([{ ...positionOf(text, at), path: 'extends', message }]);
  });

  it('a chain that is too long', () => {
    const links = Object.fromEntries(Array.from({ length: 9 }, (_, at) => [`t${at}`, `extends: t${at + 1}\n`]));
    expect(
      problems('apiVersion: warm-handoff/v1\nextends: t0\n', templates(links)).map(({ message }) => message),
    ).toEqual(['Templates extend each other more than 5 times here. Extend one that is nearer to the ground.']);
  });

  it('a part that the template does not have, at its line, and parts of nothing', () => {
    const text = `${HEAD}without: [owners/support-leads, handoffs/payment-to-provider, title]\n`;
    expect(problems(text)).toContainEqual({
      ...positionOf(text, 'handoffs/payment-to-provider'),
      path: 'without[1]',
      message:
        "'handoffs' of the template has no part 'payment-to-provider'. Write the names that lead to one, with / between them.",
    });
    const alone = edit(PAYMENT, 'migration: payment-2026\n', 'migration: payment-2026\nwithout: [title]\n');
    expect(problems(alone)).toEqual([
      {
        ...positionOf(alone, 'without'),
        path: 'without',
        message: "Nothing is extended here, so nothing can be left out. Remove 'without', or add 'extends'.",
      },
    ]);
  });
});

it('every process reads plans with the templates that are shipped', () => {
  const root = packageRoot();
  const sources = ['api', 'cli', 'activities', 'worker', 'supervisor', 'sandbox'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .map((file) => join(root, folder, file)),
  );
  const calls = sources.flatMap((file) =>
    [...readFileSync(file, 'utf8').matchAll(/(?<!\w)loadPlan\(.*/g)].map(([call]) => call),
  );
  expect(calls.length).toBeGreaterThan(5);
  for (const call of calls) expect(call).toContain('shippedTemplates()');
});
