import fc from 'fast-check';
import { parse } from 'yaml';
import { CliFailure } from '../../../cli/cli-failure';
import { lintPlan } from '../../../cli/plan/lint-plan';
import { answersSchema, type Answers } from '../../../cli/plan/new/answers-schema';
import { askAnswers } from '../../../cli/plan/new/ask-answers';
import { newPlan } from '../../../cli/plan/new/new-plan';
import { readAnswers } from '../../../cli/plan/new/read-answers';
import { JOURNEY_KINDS } from '../../../domain/plan/journey';
import { readPlanText } from '../../../domain/plan/plan-text';
import { shippedTemplates } from '../../../platform/shipped-templates';

const TEMPLATE = shippedTemplates().get('telehealth') ?? '';

interface Made {
  migration: unknown;
  title?: unknown;
  without?: string[];
  phasesLeftOut?: Record<string, unknown>;
  attributes: { state: unknown; program: unknown };
  owners: unknown;
  systems: { id: unknown; source?: unknown }[];
  phases: {
    id: string;
    cohorts?: { id: string; staysOnLegacy?: string }[];
    waves?: { lists: { byHand?: unknown }[] };
  }[];
}

const made = (answers: Answers): Made => {
  const text = newPlan(answers, TEMPLATE);
  expect(readPlanText(text).problems).toEqual([]);
  return parse(text) as Made;
};

/** What breaks YAML that is put together from pieces. */
const nasty = fc.oneof(
  fc.string({ minLength: 1, maxLength: 40, unit: 'grapheme' }),
  fc.string({ minLength: 1, maxLength: 40, unit: 'binary' }),
  fc
    .array(
      fc.constantFrom(
        '\n',
        '\t',
        ' #',
        ': ',
        '- ',
        '"',
        "'",
        '{',
        '}',
        '[',
        ']',
        ',',
        '*',
        '&',
        '%',
        '\\',
        '\u2028',
        '\uFEFF',
        '\uFFFD',
        'a',
        '---',
        '|',
        '>',
        '1',
      ),
      { minLength: 1, maxLength: 20 },
    )
    .map((parts) => parts.join('')),
  fc.constantFrom(
    'true',
    '1',
    'null',
    '~',
    'yes',
    '0x1',
    '1e3',
    '2027-01-01',
    'a\nb',
    '- a\n  - b',
    '<<',
    '%YAML 1.1',
    'a '.repeat(200),
  ),
);
const names = fc.oneof(fc.constantFrom('true', 'null', 'y', 'no', 'a'), fc.stringMatching(/^[a-z][a-z0-9-]{0,20}$/));
const codes = fc.uniqueArray(
  fc.oneof(
    fc.constantFrom('1', 'true', '1.5', '.5', '2027-01-01', '0x1', 'null', '-', ':'),
    fc.stringMatching(/^[A-Za-z0-9._:-]{1,12}$/),
  ),
  { minLength: 1, maxLength: 4 },
);

describe('what somebody answers', () => {
  it('stands in the first plan letter by letter, whatever it is, or is refused', () => {
    const given = fc.record({
      migration: names,
      title: nasty,
      why: nasty,
      source: nasty,
      team: nasty,
      byHand: nasty,
      states: codes,
      programs: codes,
    });
    fc.assert(
      fc.property(given, ({ migration, title, why, source, team, byHand, states, programs }) => {
        const read = answersSchema.safeParse({
          ...{ migration, title, states, programs },
          phasesLeftOut: { payment: why },
          teams: [{ id: 'true', title: team }],
          layers: { 'crm-and-routing': { legacy: 'null', target: 'new', team: 'true' } },
          sources: { null: source },
          existing: [{ id: 'true', count: 10, byHand }],
        });
        if (!read.success) return;
        const answers = read.data;
        let plan: Made;
        try {
          plan = made(answers);
        } catch (error) {
          // Only what no plan may carry.
          expect(error).toBeInstanceOf(CliFailure);
          expect([title, why, source, team, byHand].join('')).toMatch(/\uFFFD/);
          return;
        }
        expect(plan).toMatchObject({
          migration,
          title: answers.title,
          phasesLeftOut: { payment: answers.phasesLeftOut?.payment },
          attributes: { state: states, program: programs },
          owners: answers.teams,
        });
        expect(plan.systems.find(({ id }) => id === 'null')?.source).toBe(
          answers.sources?.['null'] === 'TBD' ? undefined : answers.sources?.['null'],
        );
        expect(plan.phases.flatMap(({ waves }) => waves?.lists ?? [])).toMatchObject([
          { id: 'true', byHand: answers.existing?.[0]?.byHand },
        ]);
      }),
      { numRuns: 60 },
    );
  });

  it('stands there where a line separator and a percent sign are in it: that is no directive', () => {
    expect(made({ migration: 'first', title: 'a\u2028%b' }).title).toBe('a\u2028%b');
  });

  it('leaves out the parts that have a reason to stay, where the others are not listed', () => {
    const plan = made({ migration: 'first', phasesLeftOut: { payment: 'Billing stays.' } });
    expect(plan.phasesLeftOut).toEqual({ payment: 'Billing stays.' });
    expect(plan.without).toContain('phases/payment');
  });

  it.each([
    [
      'a reason to stay for a part that moves',
      { phases: ['payment'], phasesLeftOut: { payment: 'It stays.' } },
      'It moves',
    ],
    [
      'a reason to stay for every part',
      { phasesLeftOut: Object.fromEntries(JOURNEY_KINDS.map((kind) => [kind, 'It stays.'])) },
      'nothing moves',
    ],
  ])('is refused where it is %s', (_, answers, says) => {
    const read = (): Answers => readAnswers(JSON.stringify({ migration: 'first', ...answers }));
    let problems: unknown;
    try {
      read();
    } catch (error) {
      problems = error instanceof CliFailure ? error.problems : error;
    }
    expect(JSON.stringify(problems)).toContain(says);
  });
});

describe('who is a patient already', () => {
  const cohorts = (plan: Made) =>
    plan.phases.flatMap((phase) => phase.cohorts ?? []).filter(({ id }) => id === 'existing');

  it('is nobody: then no phase keeps a cohort for them', () => {
    const plan = made({ migration: 'first', existing: [] });
    expect(plan.without?.filter((part) => part.endsWith('/cohorts/existing')).length).toBeGreaterThan(2);
  });

  it('stays where no phase has waves, for a reason that people must write', () => {
    const plan = made({ migration: 'first', phases: ['intake', 'payment'] });
    expect(cohorts(plan).map(({ staysOnLegacy }) => staysOnLegacy)).toEqual(['TBD', 'TBD']);
  });

  it('has no number of another company in the template', () => {
    const numbers = /\d,\d{3}|\b\d+ by hand/;
    const reasons = [...TEMPLATE.matchAll(/staysOnLegacy: (.*)/g)].map(([, why = '']) => why);
    expect(reasons.filter((why) => numbers.test(why) || /\d/.test(why))).toEqual([]);
  });
});

describe('a question', () => {
  /** Says each answer in turn, and goes on where it is taken. */
  async function ask(answers: [RegExp, string[]][], choices: string[][] = []) {
    const refused: string[] = [];
    const read = await askAnswers({
      text: (message, check) => {
        const said = message.startsWith('Name of')
          ? ['first']
          : (answers.find(([asked]) => asked.test(message))?.[1] ?? ['']);
        for (const one of said) {
          const problem = check(one);
          if (problem === undefined) return Promise.resolve(one);
          refused.push(problem);
        }
        throw new Error(`Nothing was taken for ${message}`);
      },
      choose: (_, options) => Promise.resolve(choices.shift() ?? [...options]),
      confirm: () => Promise.resolve(false),
    });
    return { read, refused };
  }

  it('is asked again where no part of the journey is chosen: none is not all', async () => {
    const { read } = await ask([], [[], ['payment']]);
    expect(read.phases).toEqual(['payment']);
  });

  it('takes no other number of people than was written', async () => {
    const { read, refused } = await ask([[/go of a phase: how many/, ['9', '9 people', '0', '3']]]);
    expect(read.approvals?.goNoGo?.count).toBe(3);
    expect(refused).toHaveLength(3);
    expect(refused[0]).toBe('Write a whole number from 1 to 5, and nothing else.');
  });

  it.each([
    'weight=99999999',
    'weight=10000001',
    `${'w'.repeat(64)}=1`,
    'weight=0',
    'weight',
    Array.from({ length: 201 }, (_, i) => `g${i}=1`).join(','),
  ])('of who is a patient already is asked again at once after %s', async (said) => {
    const { read, refused } = await ask([[/a patient already/, [said, 'weight = 10000000, hair=1']]]);
    expect(read.existing).toEqual([
      { id: 'weight', count: 10_000_000 },
      { id: 'hair', count: 1 },
    ]);
    expect(refused[0]).toContain('from 1 to 10000000');
  });

  it('keeps the half of an answer', async () => {
    const { read } = await ask([[/States of the first pilot/, ['CA']]]);
    expect(read.pilot).toEqual({ states: ['CA'] });
    expect(lintPlan(newPlan(read, TEMPLATE), 0).result.problems.length).toBeGreaterThan(0);
    expect(newPlan(read, TEMPLATE)).toContain('state: [ CA ], program: [ TBD ]');
  });
});
