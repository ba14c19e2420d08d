import { Backtest, LogWithoutNames } from '../../../domain/backtest/backtest';
import type { EventData } from '../../../domain/events/event-contract';
import { loadPlan } from '../../../domain/plan/load-plan';
import { CORRELATED_PLAN } from '../../integration/facts/correlated-stack';

const { plan, hash } = loadPlan(CORRELATED_PLAN);
const MINUTE = 60_000;

interface Row {
  type: string;
  at: number;
  journey?: string;
  subject?: string;
  subscription?: string;
  order?: number;
}

function counted(handoff: string, ...rows: Row[]): object | undefined {
  const run = new Backtest(plan, hash);
  for (const [sequence, { type, at, journey = 'ep_1', subject = 'pat_1', subscription, order }] of rows.entries()) {
    const units = subscription === undefined ? {} : { subscription };
    const data: EventData = order === undefined ? {} : { orderNumber: order };
    run.add({ journey, type, time: at * MINUTE, sequence, named: { subject, units }, data });
  }
  return run.result().handoffs[handoff];
}

const NONE = {
  started: 0,
  kept: 0,
  missed: 0,
  released: 0,
  open: 0,
  repeated: 0,
  unmatched: 0,
  recovered: 0,
  secondEnds: 0,
};

describe('a backtest of handoffs that do not count by journey', () => {
  it('counts a patient over all their journeys', () => {
    const stop = { type: 'stop.received', at: 0 };
    expect(counted('stop-to-suppressed', stop, { type: 'sender.suppressed', at: 5, journey: 'ep_2' })).toEqual({
      ...NONE,
      ...{ started: 1, kept: 1 },
    });
    expect(
      counted('stop-to-suppressed', stop, { type: 'sender.suppressed', at: 5, journey: 'ep_2', subject: 'pat_2' }),
    ).toEqual({ ...NONE, started: 1, open: 1, unmatched: 1 });
  });

  it('counts each order of a journey, open at once, and each subscription', () => {
    const shipped = (order: number): Row => ({ type: 'order.shipped', at: 0, order });
    const end: Row = { type: 'payment.retried', at: 60 };
    expect(
      counted('shipped-to-tracking', shipped(1), shipped(2), { type: 'tracking.visible', at: 5, order: 2 }, end),
    ).toEqual({ ...NONE, started: 2, kept: 1, missed: 1 });
    const due = (subscription: string): Row => ({ type: 'renewal.due', at: 0, subscription });
    const settled: Row = { type: 'renewal.settled', at: 5, subscription: 'sub_1', journey: 'ep_2' };
    expect(counted('renewal-to-settled', due('sub_1'), due('sub_2'), settled, end)).toEqual({
      ...NONE,
      ...{ started: 2, kept: 1, missed: 1 },
    });
  });

  it.each(['stop.received', 'renewal.due', 'order.shipped'])(
    'is refused where the log does not say of whom or of what its events are, as soon as one counts: %s',
    (type) => {
      const run = new Backtest(plan, hash);
      run.add({ journey: 'ep_1', type: 'payment.succeeded', time: 0, sequence: 0 });
      expect(() => {
        run.add({ journey: 'ep_1', type, time: 0, sequence: 1 });
      }).toThrow(LogWithoutNames);
    },
  );
});
