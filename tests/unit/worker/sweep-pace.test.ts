import { SweepPace } from '../../../worker/sweep-pace';

/** Looks that find as many as they ask for, with a backlog left. @returns what the one after them asks for */
function full(pace: SweepPace, looks: number, now: number, isBehind = true): { limit: number; dueFor: number } {
  for (let look = 0; look < looks; look += 1) {
    const found = pace.next(now).limit;
    pace.swept(found, now, { isBehind: isBehind && pace.asksForBacklog(found) });
  }
  return pace.next(now);
}

describe('the pace of a sweeper', () => {
  it('looks again after a tick, and at once where there was more than it could take', () => {
    const pace = new SweepPace(100);
    expect(pace.swept(24, 0)).toBe(100);
    expect(pace.swept(25, 0)).toBe(0);
  });

  it('takes up more of a backlog, up to 200, and few again after it', () => {
    const pace = new SweepPace();
    const limits = Array.from({ length: 5 }, () => {
      const { limit } = pace.next(0);
      pace.swept(limit, 0);
      return limit;
    });
    expect(limits).toEqual([25, 50, 100, 200, 200]);
    pace.swept(199, 0);
    expect(pace.next(0).limit).toBe(25);
  });

  it('takes up what is due at once while a tick brings no more than 200', () => {
    const pace = new SweepPace();
    expect(full(pace, 3, 0)).toEqual({ limit: 200, dueFor: 0 });
    pace.swept(199, 0);
    expect(pace.next(0).dueFor).toBe(0);
  });

  it('leaves journeys to settle once it is behind', () => {
    expect(full(new SweepPace(), 4, 0)).toEqual({ limit: 200, dueFor: 5_000 });
  });

  it('works off what one late look left behind, and lets nothing settle for it', () => {
    expect(full(new SweepPace(), 40, 0, false)).toEqual({ limit: 200, dueFor: 0 });
  });

  it('asks for a backlog once it has taken up 200, and not again while it is behind', () => {
    const pace = new SweepPace();
    full(pace, 3, 0);
    expect(pace.asksForBacklog(199)).toBe(false);
    expect(pace.asksForBacklog(200)).toBe(true);
    full(pace, 1, 0);
    expect(pace.asksForBacklog(200)).toBe(false);
  });

  /** For that long, a look each 200 ms that takes so much of them. @returns how long journeys settle at its end */
  function look(pace: SweepPace, { from, until, takes }: { from: number; until: number; takes: number }): number {
    for (let at = from; at < until; at += 200) {
      pace.next(at);
      pace.swept(30, at + takes);
    }
    return pace.next(until).dueFor;
  }

  it('is behind for as long as looking takes more than half of the time', () => {
    const pace = new SweepPace();
    full(pace, 4, 0);
    expect(look(pace, { from: 0, until: 60_000, takes: 110 })).toBe(5_000);
    expect(look(pace, { from: 60_000, until: 82_000, takes: 90 })).toBeLessThan(5_000);
  });

  it('goes back to what is due at once little by little, and is not behind again for a tick that brings less than 200', () => {
    const pace = new SweepPace();
    full(pace, 4, 0);
    const settling = [9_800, 12_000, 16_000, 20_400].map((until, at, all) =>
      look(pace, { from: all[at - 1] ?? 0, until, takes: 20 }),
    );
    expect(settling).toEqual([5_000, 4_010, 2_010, 0]);
  });

  it('lets nothing settle any more once nothing comes, and takes up what is left at once', () => {
    const pace = new SweepPace();
    expect(pace.asksForCalm(0)).toBe(false);
    full(pace, 4, 0);
    pace.next(0);
    expect(pace.asksForCalm(200)).toBe(false);
    expect(pace.asksForCalm(30)).toBe(true);
    pace.swept(30, 1_000, { isCalm: true });
    expect(pace.next(1_000).dueFor).toBe(0);
    // What is left of it is a backlog, and none that anything is added to.
    expect(full(pace, 6, 1_500)).toEqual({ limit: 200, dueFor: 0 });
    expect(full(pace, 6, 2_100)).toEqual({ limit: 200, dueFor: 5_000 });
  });
});
