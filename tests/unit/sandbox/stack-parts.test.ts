import { misstated, onceMore } from '../../../sandbox/events/planted-event';
import { EventTally } from '../../../sandbox/events/event-tally';
import { toCloudEvent, type StackEvent } from '../../../sandbox/events/stack-event';
import { Schedule } from '../../../sandbox/schedule';
import { Faults, faultSchema } from '../../../sandbox/stacks/fault';

const EVENT: StackEvent = {
  migration: 'm',
  source: '/target/routing',
  id: 'e1',
  type: 'review.assigned',
  time: new Date('2026-01-02T03:04:05.678Z'),
  journey: 'ep_1',
  subject: 'pat_1',
  sequence: 2,
  data: {},
};

describe('a stack’s schedule', () => {
  beforeEach(() => jest.useFakeTimers({ now: 0 }));
  afterEach(() => jest.useRealTimers());
  const clock = { now: () => new Date() };

  it('does work as of the moment it was due', () => {
    const schedule = new Schedule(clock);
    const done: number[] = [];
    schedule.at(new Date(500), (at) => done.push(at.getTime()));
    jest.advanceTimersByTime(499);
    expect(done).toEqual([]);
    jest.advanceTimersByTime(1);
    expect(done).toEqual([500]);
    expect(schedule.pending).toBe(0);
  });

  it('does what fell into a pause at its end, as of then, and the rest when it is due', () => {
    const schedule = new Schedule(clock);
    const done: number[] = [];
    for (const due of [100, 900]) schedule.at(new Date(due), (at) => done.push(at.getTime()));
    schedule.pause();
    jest.advanceTimersByTime(600);
    expect(done).toEqual([]);
    schedule.resume();
    jest.advanceTimersByTime(300);
    expect(done).toEqual([600, 900]);
  });

  it('calls off what is not done, and says whether it could', () => {
    const schedule = new Schedule(clock);
    const done: string[] = [];
    const callOff = schedule.at(new Date(10), () => done.push('first'));
    const tooLate = schedule.at(new Date(20), () => done.push('second'));
    expect(callOff()).toBe(true);
    jest.advanceTimersByTime(50);
    expect(tooLate()).toBe(false);
    expect(done).toEqual(['second']);
  });

  it('waits longer than a timer can', () => {
    const schedule = new Schedule(clock);
    const month = 30 * 86_400_000;
    const done: number[] = [];
    schedule.at(new Date(month), (at) => done.push(at.getTime()));
    jest.advanceTimersByTime(month - 1);
    expect(done).toEqual([]);
    jest.advanceTimersByTime(1);
    expect(done).toEqual([month]);
  });
});

describe('faults', () => {
  function with_(...faults: unknown[]): Faults {
    const kept = new Faults();
    kept.replace(faults.map((fault) => faultSchema.parse(fault)));
    return kept;
  }

  it('drop one type on one side, for one migration where they say so', () => {
    const faults = with_({ kind: 'drop', side: 'target', eventTypes: ['review.assigned'], migration: 'm' });
    expect(faults.drops('target', EVENT)).toBe(true);
    expect(faults.drops('legacy', EVENT)).toBe(false);
    expect(faults.drops('target', { ...EVENT, migration: 'other' })).toBe(false);
    expect(faults.drops('target', { ...EVENT, type: 'message.delivered' })).toBe(false);
  });

  it('add up where several make a stack slow', () => {
    const faults = with_(
      { kind: 'slow', side: 'legacy', by: '10m' },
      { kind: 'slow', side: 'legacy', by: '30s', eventTypes: ['review.assigned'] },
    );
    expect(faults.delay('legacy', EVENT)).toBe(630_000);
    expect(faults.delay('target', EVENT)).toBe(0);
  });

  it('say what happens twice, and in which fields another code is said', () => {
    const of = { side: 'target', eventTypes: ['review.assigned'], migration: 'm' };
    const faults = with_({ kind: 'repeat', ...of }, { kind: 'misstate', ...of, field: 'licensedIn' });
    for (const [side, event, is] of [
      ['target', EVENT, true],
      ['legacy', EVENT, false],
      ['target', { ...EVENT, migration: 'other' }, false],
    ] as const) {
      expect(faults.repeats(side, event)).toBe(is);
      expect(faults.misstates(side, event)).toEqual(is ? ['licensedIn'] : []);
      expect(faults.drops(side, event)).toBe(false);
    }
  });

  it.each([
    { kind: 'misstate', side: 'target', eventTypes: ['review.assigned'] },
    { kind: 'slow', side: 'target', by: 'soon' },
    { kind: 'drop', side: 'new', eventTypes: ['a'] },
    { kind: 'drop', side: 'target', eventTypes: [] },
    { kind: 'explode', side: 'target' },
  ])('that make no sense are refused (%j)', (fault) => {
    expect(faultSchema.safeParse(fault).success).toBe(false);
  });
});

describe('the tally of a stack’s events', () => {
  it('has each emitted event as acknowledged, refused or pending, and names those that were lost', () => {
    const tally = new EventTally();
    for (let sent = 0; sent < 5; sent += 1) tally.emitted('target', EVENT);
    tally.acknowledged('target', EVENT, new Date(EVENT.time.getTime() + 40));
    tally.acknowledged('target', EVENT, new Date(EVENT.time.getTime() + 15));
    tally.refused('target', EVENT, 'unknown-event-type');
    tally.dropped('target', EVENT);
    tally.dropped('target', { ...EVENT, type: 'message.delivered' });
    expect(tally.counts('m').target).toMatchObject({
      emitted: 5,
      acknowledged: 2,
      pending: 2,
      dropped: 2,
      slowest: 40,
    });
    expect(tally.counts('m').legacy).toMatchObject({ emitted: 0, pending: 0 });
    expect(tally.droppedEvents('m', 'target')).toEqual([
      { journey: 'ep_1', type: 'review.assigned', sequence: 2 },
      { journey: 'ep_1', type: 'message.delivered', sequence: 2 },
    ]);
    expect(tally.droppedEvents('m', 'legacy')).toEqual([]);
  });
});

it('what is done once more is an event of its own, right after the first', () => {
  const again = onceMore(EVENT);
  expect(again.id).not.toBe(EVENT.id);
  expect(again).toEqual({ ...EVENT, id: again.id, sequence: EVENT.sequence + 1 });
  expect(onceMore(EVENT)).toEqual(again);
});

it('another code is one that the field may have, and there is none where the field has none', () => {
  const assigned = { ...EVENT, type: 'review.assigned', data: { program: 'weight', licensedIn: 'WA' } };
  expect(misstated(assigned, ['licensedIn']).data).toEqual({ program: 'weight', licensedIn: 'CA' });
  for (const [event, field] of [
    [assigned, 'amount'],
    [{ ...assigned, data: {} }, 'licensedIn'],
    [{ ...assigned, type: 'of.nobody' }, 'licensedIn'],
  ] as const) {
    expect(misstated(event, [field])).toBe(event);
  }
});

it('an event is a CloudEvent with the extensions that journeys are followed by', () => {
  expect(toCloudEvent({ ...EVENT, subscription: 'sub_1' })).toEqual({
    specversion: '1.0',
    id: 'e1',
    source: '/target/routing',
    type: 'review.assigned',
    time: '2026-01-02T03:04:05.678Z',
    datacontenttype: 'application/json',
    subject: 'pat_1',
    journey: 'ep_1',
    sequence: '2',
    migration: 'm',
    subscription: 'sub_1',
    data: {},
  });
});
