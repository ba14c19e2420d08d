import type { Evaluation } from '../../../api/decisions/evaluate-flag';
import { evaluationOf } from '../../../api/decisions/evaluate-flag';
import { jsonBody } from '../../../api/decisions/evaluation-answer';
import { Evaluations } from '../../../api/decisions/evaluations';
import type { PhaseFlag } from '../../../api/decisions/find-flag';
import { Load } from '../../../api/decisions/load';
import type { SideAnswers } from '../../../api/decisions/side-answers';
import { EventContract } from '../../../domain/events/event-contract';
import { EventSides } from '../../../domain/handoffs/event-sides';
import { loadPlan } from '../../../domain/plan/load-plan';
import type { Side } from '../../../domain/sides/side';
import { MigrationPlans } from '../../../store/migration-plans';
import { PLAN_TEXT } from '../../integration/sides/started-migration';

const { plan, hash } = loadPlan(PLAN_TEXT);
const CONTEXT = { context: { targetingKey: 'epi_7d444840-9dc0-41d1-b245-5ffdce74fad2' } };

/** Two phases of one unit: the first is remembered, the second must be asked. */
const FLAGS: readonly PhaseFlag[] = ['intake', 'payment'].flatMap((id) =>
  plan.phases.map((phase) => ({
    key: `payment-2026.${id}`,
    migration: {
      ...{ id: 'payment-2026', planHash: hash, timeScale: 1, salt: 'salt', plan, rules: [] },
      contract: new EventContract(plan),
      sides: new EventSides(plan),
    },
    phase: { ...phase, id },
  })),
);

function answer(flag: PhaseFlag, side: Side, why: 'placedBefore' | 'inShare'): Evaluation {
  return evaluationOf(flag, { side, cohort: null, epoch: 1, reason: why });
}

function evaluations(sides: Pick<SideAnswers, 'remembered' | 'evaluate'>): Evaluations {
  const all: SideAnswers = {
    keyOf: (_flag, asked) => asked,
    ...{ flag: () => undefined, liveFlags: () => FLAGS, onChange: () => () => undefined },
    ...sides,
  };
  const nowhere = { query: () => Promise.reject(new Error('Nothing is asked of a database here.')) };
  return new Evaluations({
    ...{ sides: all, db: nowhere, load: new Load(10) },
    plans: new MigrationPlans({ now: () => new Date(0) }),
  });
}

describe('a question for all flags', () => {
  it('I1 does not answer a side from before a bringing back that came while the rest was waited for', async () => {
    const memory = new Map(FLAGS.slice(0, 1).map((flag) => [flag.phase.id, answer(flag, 'target', 'placedBefore')]));
    const told = await evaluations({
      remembered: (flag) => {
        const evaluation = memory.get(flag.phase.id);
        return evaluation === undefined ? undefined : { evaluation, body: jsonBody({}) };
      },
      evaluate: (flag) => {
        if (flag.phase.id === 'intake') return Promise.resolve(answer(flag, 'legacy', 'placedBefore'));
        // The process forgets whom a rollback brings back, and says so to whoever rolled back.
        memory.clear();
        return Promise.resolve(answer(flag, 'legacy', 'inShare'));
      },
    }).all(CONTEXT);
    expect(told.map((one) => 'value' in one && [one.key, one.value])).toEqual([
      ['payment-2026.intake', 'legacy'],
      ['payment-2026.payment', 'legacy'],
    ]);
  });

  it('gives no side at all where memory changes each time', async () => {
    let changes = 0;
    const asked = evaluations({
      remembered: (flag) =>
        flag.phase.id === 'payment'
          ? undefined
          : {
              evaluation: { ...answer(flag, 'target', 'placedBefore'), key: String((changes += 1)) },
              body: jsonBody({}),
            },
      evaluate: (flag) => Promise.resolve(answer(flag, 'legacy', 'inShare')),
    }).all(CONTEXT);
    await expect(asked).rejects.toMatchObject({ code: 'side-undetermined', status: 503 });
  });
});
