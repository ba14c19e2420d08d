import { planPower } from '../../../domain/gates/power/plan-power';
import { loadPlan } from '../../../domain/plan/load-plan';
import { edit, findingsOf, PAYMENT, TELEHEALTH } from './plan-texts';

const UNIT = '    unit: episode\n';
const FIRST = '      - { share: 10%, watch: 24h }\n';
const FLOOR = 'rule: { kind: floor, atLeast: 90%, minimumOutcomes: 20 }';
const COMPARED = 'rule: { kind: comparison, margin: 10%, minimumOutcomes: 30 }';

type Edit = [from: string, to: string];

/** The plan of one phase at so many arrivals a day, with what is found of steps in which nothing is seen. */
function unseen(volume: number, ...edits: Edit[]): { path: string; message: string }[] {
  const all: Edit[] = [[UNIT, `${UNIT}    volume: ${volume}\n`], ...edits];
  const text = all.reduce((plan, [from, to]) => edit(plan, from, to), PAYMENT);
  return findingsOf(text)
    .filter(({ code }) => code === 'WH645')
    .map(({ path, message }) => ({ path, message }));
}
/** Of routing, which has a floor and a comparison; the message has another floor. */
const ofRouting = (found: { path: string; message: string }[]): string[] =>
  found.filter(({ path }) => path === 'phases[0].gates[0]').map(({ message }) => message);

describe('R35 a step in which no gate sees an outage', () => {
  it('is said with what stays invisible, and no more of it where more patients come', () => {
    expect(ofRouting(unseen(20))).toEqual([
      expect.stringMatching(
        /^In step 1 of 'pilot-states' \(and \d+ more\) 2 at most .* nothing of it is kept any more/,
      ),
    ]);
    expect(ofRouting(unseen(70))).toEqual([expect.stringMatching(/ 7 at most .* a fall by 50 points/)]);
    expect(ofRouting(unseen(400))).toEqual([]);
    expect(findingsOf(PAYMENT).filter(({ code }) => code === 'WH645')).toEqual([]);
  });

  it.each<[string, Edit]>([
    [
      'people look at the first ones',
      [
        FIRST,
        FIRST.replace(' }', ', checks: [{ id: by-phone, what: Each is called., by: care-coordination, first: 10 }] }'),
      ],
    ],
    [
      'synthetic patients go through',
      [
        FLOOR,
        `${FLOOR}\n        source: { kind: synthetic, connection: journey, every: 5m, timeout: 10s, steps: [{ get: /, status: 200 }] }`,
      ],
    ],
    ['each missed one counts', [COMPARED, 'rule: { kind: zeroTolerance, missed: 2, minimumOutcomes: 10 }']],
    ['it is watched for longer', [FIRST, FIRST.replace('24h', '5d')]],
  ])('is not said of a plan that is honest about it: %s', (_, honest) => {
    const [before] = ofRouting(unseen(70));
    expect(before).toContain('In step 1 ');
    for (const one of ofRouting(unseen(70, honest))) expect(one).not.toContain('In step 1 ');
  });

  it('is seen with a plain threshold once there are as many as it decides on', () => {
    const plain: Edit[] = [
      [FLOOR, 'rule: { kind: floor, atLeast: 90%, minimumOutcomes: 20, test: threshold }'],
      [COMPARED, 'rule: { kind: comparison, margin: 10%, minimumOutcomes: 30, test: threshold }'],
    ];
    expect(ofRouting(unseen(190, ...plain))).toEqual([expect.stringContaining('19 at most')]);
    expect(ofRouting(unseen(200, ...plain))).toEqual([]);
  });

  it('agrees with what `handoff gate power` says of an outage and a fall by 50 points', () => {
    const { plan } = loadPlan(TELEHEALTH);
    const gates = plan.phases.flatMap((phase) =>
      phase.gates.flatMap((gate) => (gate.rule.kind === 'floor' ? [{ phase, gate }] : [])),
    );
    for (const { steps } of planPower(gates, { drops: [0.5], alpha: 0.05 })) {
      for (const { unseen: invisible } of steps) expect(invisible).toEqual([]);
    }
    expect(findingsOf(TELEHEALTH).filter(({ code }) => code === 'WH645')).toEqual([]);
  });

  it('says the same of a plan whatever was judged before', () => {
    const first = unseen(70);
    for (let volume = 10; volume <= 200; volume += 10) unseen(volume);
    expect(unseen(70)).toEqual(first);
  });
});
