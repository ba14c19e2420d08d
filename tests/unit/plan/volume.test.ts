import { loadPlan } from '../../../domain/plan/load-plan';
import { edit, findingsOf, PAYMENT } from './plan-texts';

/** What is found at a volume, with the plan's other words changed too, but for steps in which nothing is seen: those have tests of their own. */
function foundAt(
  volume: string,
  ...edits: [from: string, to: string][]
): [code: string, path: string, message: string][] {
  const text = [['    unit: episode\n', `    unit: episode\n    ${volume}\n`] as const, ...edits].reduce(
    (plan, [from, to]) => edit(plan, from, to),
    PAYMENT,
  );
  return findingsOf(text)
    .filter(({ code }) => code !== 'WH645')
    .map(({ code, path, message }) => [code, path, message]);
}

const COHORTS = '- id: pilot-states\n        when: { state: [CO, OR] }\n      - id: everyone-else\n';
const WAIT = 'insufficient: 24h';

describe('a gate that cannot decide at the volume that is expected', () => {
  it('is named with how long it would take, and what it would not see until then', () => {
    const [first, ...others] = foundAt('volume: 50');
    expect(first).toEqual([
      'WH620',
      'phases[0].gates[0]',
      "In step 1 of 'pilot-states' (and 1 more) 5 a day at most are on target: its 20 outcomes take 4d, and after 2d a person is asked. " +
        "Until then not even a total outage crosses its limit. Watch longer, write a longer 'hold.insufficient', a lower 'minimumOutcomes', or a larger step.",
    ]);
    expect(others.map(([code, path]) => [code, path])).toEqual([
      ['WH620', 'phases[0].gates[1]'],
      ['WH620', 'phases[0].gates[2]'],
    ]);
  });

  it.each([
    ['that waits as long as it takes', [[WAIT, 'insufficient: 10d']]],
    [
      'that watches as long as it takes',
      [
        [
          '{ share: 10%, watch: 24h }\n      - { share: 25%, watch: 24h }',
          '{ share: 10%, watch: 7d }\n      - { share: 25%, watch: 3d }',
        ],
      ],
    ],
    [
      'whose first step is large enough',
      [['{ share: 10%, watch: 24h }\n      - { share: 25%, watch: 24h }', '{ share: 40%, watch: 24h }']],
    ],
  ] as [string, [string, string][]][])('is none in a plan %s', (_, edits) => {
    expect(foundAt('volume: 50', ...edits)).toEqual([]);
  });

  it('is none where enough arrive, and nothing is said where nobody says how many', () => {
    expect(foundAt('volume: 200')).toEqual([]);
    expect(loadPlan(PAYMENT).warnings).toEqual([]);
  });

  it('is judged by cohort: few in one of them are few, however many the others are', () => {
    const few = foundAt('volume: 500', [COHORTS, COHORTS.replace('[CO, OR] }\n', '[CO, OR] }\n        volume: 12\n')]);
    expect(few.map(([, path, message]) => [path, message.slice(0, 27)])).toEqual([
      ['phases[0].gates[0]', "In step 1 of 'pilot-states'"],
      ['phases[0].gates[1]', "In step 1 of 'pilot-states'"],
      ['phases[0].gates[2]', "In step 1 of 'pilot-states'"],
    ]);
  });

  it('counts those of a step by number a day, and no more than arrive', () => {
    const byNumber: [string, string] = ['- { share: 10%, watch: 24h }', '- { perDay: 25, watch: 24h }'];
    expect(foundAt('volume: 100', byNumber)).toEqual([]);
    expect(foundAt('volume: 100', [byNumber[0], '- { perDay: 4, watch: 24h }'])[0]?.[2]).toContain(
      '4 a day at most are on target: its 20 outcomes take 5d',
    );
    expect(foundAt('volume: 5', [byNumber[0], '- { perDay: 4000, watch: 24h }'])[0]?.[2]).toContain('5 a day at most');
  });

  it('is one that compares with a legacy that too few are left on', () => {
    const text: [string, string] = [
      'rule: { kind: comparison, margin: 10%, minimumOutcomes: 30 }',
      'rule: { kind: comparison, margin: 10%, minimumOutcomes: 400 }',
    ];
    const found = foundAt('volume: 150', text, [WAIT, 'insufficient: 5d']);
    expect(found.map(([code, path]) => [code, path])).toEqual([['WH620', 'phases[0].gates[1]']]);
  });

  it('may start all the same where somebody answers for it until a day', () => {
    const text = `${edit(PAYMENT, '    unit: episode\n', '    unit: episode\n    volume: 150\n').replace('atLeast: 90%, minimumOutcomes: 20', 'atLeast: 90%, minimumOutcomes: 200')}
waivers:
  - { code: WH620, at: 'phases[0].gates[0]', reason: The clinical lead reads every chart of the first week., approvedBy: clinical-leads, expires: 2126-01-31 }
`;
    expect(loadPlan(text, 0).waived.map(({ code }) => code)).toEqual(['WH620']);
  });
});

describe('R35 a queue that nobody can work off', () => {
  it('is one that fills faster than its people work while every gate passes', () => {
    expect(foundAt('volume: 15000')).toEqual([
      [
        'WH713',
        'queues[0].capacity',
        'Up to 1500 cases a day may come here while every gate passes, and each may be open for 2h: 125 at once, and there is room for 60. Give it more people, a shorter SLA, or the gates a higher floor.',
      ],
      ['WH713', 'queues[1].capacity', expect.stringContaining('375 at once, and there is room for 120') as string],
    ]);
  });

  it('is none of those who stay on legacy, and none where it is not said how many it holds', () => {
    const stay = COHORTS.replace(
      '[CO, OR] }\n',
      '[CO, OR] }\n        volume: 14000\n        staysOnLegacy: They move by hand.\n',
    );
    expect(foundAt('volume: 15000', [COHORTS, stay])).toEqual([]);
    expect(foundAt('volume: 15000', ['    capacity: 60\n', ''], ['    capacity: 120\n', ''])).toEqual([]);
  });
});
