import { SweepPace } from '../../../worker/sweep-pace';

/** Looks that find as many as they ask for. @returns what the one after them asks for */
function full(pace: SweepPace, looks: number, now: number): { limit: number; dueFor: number } {
  for (let look = 0; look < looks; look += 1) pace.swept(pace.next(now).limit, now);
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

  it('leaves journeys to settle while it is behind, until ten seconds without more than it could take', () => {
    const pace = new SweepPace();
    expect(full(pace, 4, 0).dueFor).toBe(5_000);
    pace.swept(3, 5_000);
    expect(pace.next(9_999).dueFor).toBe(5_000);
    // Once behind, the least that it takes up tells that it still is.
    pace.swept(25, 9_999);
    expect(pace.next(19_998).dueFor).toBe(5_000);
    expect(pace.next(19_999).dueFor).toBe(0);
  });
});
