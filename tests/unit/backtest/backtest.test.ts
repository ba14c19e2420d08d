import fc from 'fast-check';
import { Backtest, TooManyEventTypes, type BacktestReport, type LoggedEvent } from '../../../domain/backtest/backtest';
import type { HandoffCount } from '../../../domain/backtest/count-handoffs';
import { handoffRules } from '../../../domain/handoffs/handoff-rule';
import { matchHandoff } from '../../../domain/handoffs/match-handoffs';
import { DEADLINE, DECLINED, END, HOUR, loanPlan, loanPlanHash, OTHER, START, WORK_LIST } from './loan-plan';

type Row = readonly [type: string, time: number, journey?: string];

function backtest(rows: readonly Row[]): BacktestReport {
  const run = new Backtest(loanPlan, loanPlanHash);
  for (const [index, [type, time, journey = 'case']] of rows.entries()) {
    run.add({ journey, type, time, sequence: index });
  }
  return run.result();
}

function counted(...rows: Row[]): HandoffCount | undefined {
  return backtest(rows).handoffs[WORK_LIST];
}

const NONE = {
  ...{ started: 0, kept: 0, missed: 0, released: 0, open: 0 },
  ...{ repeated: 0, unmatched: 0, recovered: 0, secondEnds: 0 },
};

describe('a handoff over history', () => {
  it('is kept by an end up to its deadline, that moment included', () => {
    expect(counted([START, 0], [END, DEADLINE])).toEqual({ ...NONE, started: 1, kept: 1 });
  });

  it('is missed at its deadline, and recovered once by an end that comes after all', () => {
    expect(counted([START, 0], [END, DEADLINE + 1], [END, DEADLINE + 2])).toEqual({
      ...NONE,
      started: 1,
      missed: 1,
      recovered: 1,
      unmatched: 1,
    });
  });

  it('is released by a declared reason while it is open, and by none afterwards', () => {
    expect(counted([START, 0], [DECLINED, 1], [END, 2])).toEqual({ ...NONE, started: 1, released: 1, unmatched: 1 });
    expect(counted([START, 0], [DECLINED, DEADLINE + 1])).toEqual({ ...NONE, started: 1, missed: 1 });
  });

  it('is one however often it starts while it is open', () => {
    expect(counted([START, 0], [START, 1], [START, 2], [END, 3], [START, 4], [END, 5])).toEqual({
      ...NONE,
      started: 2,
      kept: 2,
      repeated: 2,
    });
  });

  it('takes events of one moment in the order of the log', () => {
    expect(counted([START, 0], [END, 0])).toEqual({ ...NONE, started: 1, kept: 1 });
    expect(counted([END, 0], [START, 0], [OTHER, DEADLINE + 1])).toEqual({
      ...NONE,
      started: 1,
      missed: 1,
      unmatched: 1,
    });
    expect(counted([START, 0], [DECLINED, 1], [END, 1])).toEqual({ ...NONE, started: 1, released: 1, unmatched: 1 });
    expect(counted([START, 0], [END, 1], [DECLINED, 1])).toEqual({ ...NONE, started: 1, kept: 1 });
  });

  it.each([
    ['open where its deadline is the last moment of the log', DEADLINE, { open: 1 }],
    ['open where its deadline is after the log', 1, { open: 1 }],
    ['missed where the log goes on after its deadline', DEADLINE + 1, { missed: 1 }],
  ])('is %s, by the last event of whatever journey and type', (_, lastAt, outcome) => {
    expect(counted([START, 0], ['nothing-of-the-plan', lastAt, 'another'])).toEqual({
      ...NONE,
      started: 1,
      ...outcome,
    });
  });

  it('is recovered by the very last event of the log too', () => {
    expect(counted([START, 0], [END, DEADLINE + 5])).toEqual({ ...NONE, started: 1, missed: 1, recovered: 1 });
  });
});

describe('events of one moment', () => {
  const played = (events: readonly Partial<LoggedEvent>[]): HandoffCount | undefined => {
    const run = new Backtest(loanPlan, loanPlanHash);
    for (const event of events) run.add({ journey: 'case', type: START, time: 0, sequence: 0, ...event });
    return run.result().handoffs[WORK_LIST];
  };

  it('without a sequence go by the order of the log', () => {
    expect(played([{ type: END }, {}])).toMatchObject({ started: 1, kept: 0, unmatched: 1 });
    expect(played([{}, { type: END }])).toMatchObject({ started: 1, kept: 1, unmatched: 0 });
    // Two starts and then an end, which would come first where nothing gave an order.
    expect(played([{}, {}, { type: END }])).toMatchObject({ started: 1, kept: 1, repeated: 1 });
  });

  it('go by what is finer than a millisecond before that, in whatever order the log has them', () => {
    const fine = [{ nanoseconds: 1_000 }, { type: END, nanoseconds: 2_000 }];
    const kept = { started: 1, kept: 1, unmatched: 0 };
    expect(played(fine)).toMatchObject(kept);
    expect(played([...fine].reverse())).toMatchObject(kept);
  });

  it('go by their sequence before either, as live', () => {
    const told = [
      { sequence: 2, nanoseconds: 1_000, type: END },
      { sequence: 1, nanoseconds: 2_000 },
    ];
    expect(played(told)).toMatchObject({ started: 1, kept: 1, unmatched: 0 });
  });

  it('are out of order by what is finer too', () => {
    const run = new Backtest(loanPlan, loanPlanHash);
    for (const nanoseconds of [2_000, 1_000, 1_000]) {
      run.add({ journey: 'case', type: START, time: 0, nanoseconds, sequence: 0 });
    }
    expect(run.result().log.outOfOrder).toBe(1);
  });
});

const rows = fc.array(
  fc.record({
    type: fc.constantFrom(START, END, DECLINED, OTHER),
    journey: fc.constantFrom('a', 'b', 'c'),
    time: fc.nat(30).map((halfHours) => (halfHours * HOUR) / 2),
  }),
  { minLength: 1, maxLength: 40 },
);

describe('any history', () => {
  it('comes out the same in whatever order its file has it', () => {
    fc.assert(
      fc.property(rows, fc.infiniteStream(fc.nat()), (list, draws) => {
        const events = list.map((row, sequence) => ({ ...row, sequence }));
        const shuffled = events.map((event) => ({ event, draw: draws.next().value })).sort((a, b) => a.draw - b.draw);
        const results = [events, shuffled.map(({ event }) => event)].map((order) => {
          const run = new Backtest(loanPlan, loanPlanHash);
          for (const event of order) run.add(event);
          return run.result().handoffs;
        });
        expect(results[1]).toEqual(results[0]);
      }),
    );
  });

  it('R10 has the friction of its phases, whose volumes are all that started', () => {
    fc.assert(
      fc.property(rows, (list) => {
        const { handoffs, friction } = backtest(list.map(({ type, time, journey }) => [type, time, journey]));
        const all = Object.values(handoffs);
        const sum = (of: (count: HandoffCount) => number): number => all.reduce((total, one) => total + of(one), 0);
        expect(friction.reduce((total, { volume }) => total + volume, 0)).toBe(sum(({ started }) => started));
        expect(friction.reduce((total, { openRisk }) => total + openRisk, 0)).toBe(sum(({ open }) => open));
      }),
    );
  });

  it('is accounted for: each start, each end, each occurrence', () => {
    fc.assert(
      fc.property(rows, (list) => {
        const result = backtest(list.map(({ type, time, journey }) => [type, time, journey]));
        const { started, kept, missed, released, open, repeated, unmatched, recovered } =
          result.handoffs[WORK_LIST] ?? NONE;
        const all = (type: string): number => list.filter((row) => row.type === type).length;
        expect(kept + missed + released + open).toBe(started);
        expect(started + repeated).toBe(all(START));
        expect(kept + unmatched + recovered).toBe(all(END));
      }),
    );
  });

  it('comes out as the live matcher has it once all is final, but for what the log leaves open', () => {
    const rule = handoffRules(loanPlan, 1).find(({ id }) => id === WORK_LIST);
    if (rule === undefined) throw new Error('The plan has lost its handoff.');
    fc.assert(
      fc.property(rows, (list) => {
        const live = { ...NONE };
        for (const journey of ['a', 'b', 'c']) {
          const events = list.flatMap((row, sequence) =>
            row.journey === journey ? [{ ...row, sequence, receivedAt: row.time, identity: String(sequence) }] : [],
          );
          const match = matchHandoff({ ...rule, lateness: 0 }, events, Number.MAX_SAFE_INTEGER);
          live.unmatched += match.unmatched;
          for (const { outcome, repeated, recoveredAt } of match.occurrences) {
            live.started += 1;
            live[outcome ?? 'open'] += 1;
            live.repeated += repeated;
            if (recoveredAt !== null) live.recovered += 1;
          }
        }
        const past = backtest(list.map(({ type, time, journey }) => [type, time, journey])).handoffs[WORK_LIST] ?? NONE;
        expect({ ...past, missed: past.missed + past.open, open: 0 }).toEqual(live);
      }),
    );
  });
});

describe('what a backtest says of the log', () => {
  it('counts what the plan does not declare and what no handoff listens to, and what stands before its time', () => {
    const { log } = backtest([
      [START, 5],
      ['Who knows?', 4],
      ['Who knows?', 6, 'another'],
      [OTHER, 7],
      [END, 8],
    ]);
    expect(log).toEqual({
      events: 5,
      journeys: 2,
      firstAt: '1970-01-01T00:00:00.004Z',
      lastAt: '1970-01-01T00:00:00.008Z',
      outOfOrder: 1,
      unknown: { events: 2, types: [{ type: 'Who knows?', events: 2 }] },
      unlistened: 1,
      notAsked: [],
    });
  });

  it('takes a type however the log separates its parts', () => {
    expect(counted(['A_PREACCEPTED/COMPLETE', 0], ['W_Completeren aanvraag - SCHEDULE', 1])).toEqual({
      ...NONE,
      started: 1,
      kept: 1,
    });
  });

  it('refuses a column that holds no types, before memory is full of it', () => {
    const run = new Backtest(loanPlan, loanPlanHash);
    expect(() => {
      for (let number = 0; number < 20_000; number += 1) {
        run.add({ journey: 'case', type: `note ${number}`, time: 0, sequence: 0 });
      }
    }).toThrow(TooManyEventTypes);
  });
});
