import fc from 'fast-check';
import { dueMarks, plannedMarks, type ClockFacts, type PlannedMark } from '../../../domain/queues/sla-clock';

const HOUR = 3_600_000;
const OPENED = new Date('2027-03-01T10:00:00Z');
const QUEUE = {
  owner: 'care-coordination',
  sla: 4 * HOUR,
  escalation: [
    { team: 'support-leads', after: HOUR },
    { team: 'clinical-leads', after: 3 * HOUR },
  ],
};
const facts = (over: Partial<ClockFacts> = {}): ClockFacts => ({
  openedAt: OPENED,
  dueAt: after(4),
  snoozedUntil: null,
  ...over,
});

function after(hours: number): Date {
  return new Date(OPENED.getTime() + hours * HOUR);
}

function shown(marks: readonly PlannedMark[]): [string, string, number][] {
  return marks.map(({ kind, team, at }) => [kind, team, (at.getTime() - OPENED.getTime()) / HOUR]);
}

describe('R30 the clock of a case', () => {
  it('warns when a quarter of the time is left, tells when it is over, and then whom the plan names, one after the other', () => {
    expect(shown(plannedMarks(QUEUE, facts(), 1))).toEqual([
      ['opened', 'care-coordination', 0],
      ['warned', 'care-coordination', 3],
      ['overdue', 'care-coordination', 4],
      ['escalated', 'support-leads', 5],
      ['escalated', 'clinical-leads', 7],
    ]);
  });

  it('tells nobody but the owner where the plan names nobody else', () => {
    const { owner, sla } = QUEUE;
    expect(plannedMarks({ owner, sla }, facts(), 1).map(({ kind }) => kind)).toEqual(['opened', 'warned', 'overdue']);
  });

  it('runs as fast as its migration', () => {
    const quick = plannedMarks(QUEUE, facts({ dueAt: after(0.04) }), 100);
    expect(shown(quick).map(([, , at]) => at)).toEqual([0, 0.03, 0.04, 0.05, 0.07]);
  });

  it('warns later of a case that is snoozed, and says all the same when it is overdue and to whom that goes', () => {
    const at = (hours: number): number[] =>
      shown(plannedMarks(QUEUE, facts({ snoozedUntil: after(hours) }), 1)).map(([, , when]) => when);
    expect(at(3.5)).toEqual([0, 3.5, 4, 5, 7]);
    expect(at(20)).toEqual([0, 4, 4, 5, 7]);
  });

  it('tells of no warning that comes too late, and of everything else that it missed, in order', () => {
    const { due, nextAt } = dueMarks(plannedMarks(QUEUE, facts(), 1), 0, after(6));
    expect(due.map(({ kind, told }) => [kind, told])).toEqual([
      ['warned', false],
      ['overdue', true],
      ['escalated', true],
    ]);
    expect(nextAt).toEqual(after(7));
  });

  it('has nothing left to do after the last', () => {
    expect(dueMarks(plannedMarks(QUEUE, facts(), 1), 4, after(100))).toEqual({ due: [], nextAt: null });
  });

  it('does each thing once and in order, whenever it is looked at and however the due time moves', () => {
    const look = fc.record({ wait: fc.integer({ min: 0, max: 6 }), dueIn: fc.integer({ min: -3, max: 9 }) });
    fc.assert(
      fc.property(fc.array(look, { maxLength: 30 }), (looks) => {
        const done: number[] = [];
        let now = 0;
        for (const { wait, dueIn } of looks) {
          now += wait;
          const planned = plannedMarks(QUEUE, facts({ dueAt: after(now + dueIn) }), 1);
          const { due, nextAt } = dueMarks(planned, done.at(-1) ?? -1, after(now));
          done.push(...due.map(({ step }) => step));
          if (nextAt !== null) expect(nextAt.getTime()).toBeGreaterThan(after(now).getTime());
        }
        expect(done).toEqual([...new Set(done)].sort((one, other) => one - other));
      }),
    );
  });
});
