import type { HeldRoute, OutwardRoute, WantedRoute } from '../../../activities/traffic/outward-route';
import { StaleEpoch } from '../../../domain/sides/stale-epoch';

export interface RunningRoute {
  /** As another worker process would have it: nothing in memory. */
  another(): OutwardRoute;
  /** Restarts what is outside, so that it knows only what it keeps. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** A share that every kind of routing can do exactly. */
const QUARTER = 25_000;

/** What everything that routes outside must do for the splits that it follows. */
export function itBehavesLikeAnOutwardRoute(start: () => Promise<RunningRoute>): void {
  describe('behaves like an outward route', () => {
    let running: RunningRoute;
    beforeEach(async () => {
      running = await start();
    });
    afterEach(() => running.stop());

    const wanted = (epoch: number, share: number, other: Partial<WantedRoute> = {}): WantedRoute => ({
      ...{ migration: 'spring-move', phase: 'payment', cohort: 'everyone' },
      ...{ epoch, share, returning: false, returnedEpoch: 0, ...other },
    });
    const told = async (route: WantedRoute): Promise<HeldRoute[]> => {
      const outside = running.another();
      await outside.apply(route);
      return running.another().readBack(route);
    };

    it('sends nobody to target and knows no epoch before it was told anything', async () => {
      const [held] = await running.another().readBack(wanted(1, 0));
      expect(held).toEqual({ epoch: null, share: 0, returning: false });
    });

    it('does what it was told, and says so with its epoch, to whoever asks', async () => {
      await expect(told(wanted(2, QUARTER))).resolves.toEqual([{ epoch: 2, share: QUARTER, returning: false }]);
      await expect(told(wanted(3, 100_000))).resolves.toEqual([{ epoch: 3, share: 100_000, returning: false }]);
      await expect(told(wanted(4, 0))).resolves.toEqual([{ epoch: 4, share: 0, returning: false }]);
    });

    it('does the nearest share that it can, and never more than it was told', async () => {
      const outside = running.another();
      for (const [index, share] of [100, 1_000, 3_333, 10_000, 33_333, 66_667, 99_000].entries()) {
        const nearest = outside.nearest(share);
        if (nearest === undefined) continue;
        expect(nearest).toBeLessThanOrEqual(share);
        expect(nearest).toBeGreaterThan(0);
        await expect(told(wanted(2 + index, share))).resolves.toEqual([
          { epoch: 2 + index, share: nearest, returning: false },
        ]);
      }
    });

    it('refuses an older epoch, and changes nothing (I3)', async () => {
      await told(wanted(5, 0));
      await expect(running.another().apply(wanted(4, QUARTER))).rejects.toThrow(StaleEpoch);
      await expect(running.another().apply(wanted(4, QUARTER))).rejects.toMatchObject({ sent: 4, current: 5 });
      await expect(running.another().readBack(wanted(4, QUARTER))).resolves.toEqual([
        { epoch: 5, share: 0, returning: false },
      ]);
    });

    it('takes the same epoch again as if it were the first time', async () => {
      const first = await told(wanted(2, QUARTER));
      await expect(told(wanted(2, QUARTER))).resolves.toEqual(first);
    });

    it('sends back those who are on target while people are brought back, and stops that with the next epoch', async () => {
      await told(wanted(2, QUARTER));
      const back = { returning: true, returnedEpoch: 3 };
      await expect(told(wanted(3, 0, back))).resolves.toEqual([{ epoch: 3, share: 0, returning: true }]);
      const open = { returnedEpoch: 3 };
      await expect(told(wanted(4, 0, open))).resolves.toEqual([{ epoch: 4, share: 0, returning: false }]);
      await expect(told(wanted(5, QUARTER, open))).resolves.toEqual([{ epoch: 5, share: QUARTER, returning: false }]);
    });

    it('says after a restart what it really does then, and can be told again', async () => {
      await told(wanted(2, QUARTER));
      await running.restart();
      const [held] = await running.another().readBack(wanted(2, QUARTER));
      const kept = held?.epoch === 2 && held.share === QUARTER;
      const forgotten = held?.epoch === null && held.share === 0;
      expect(kept || forgotten).toBe(true);
      await expect(told(wanted(2, QUARTER))).resolves.toEqual([{ epoch: 2, share: QUARTER, returning: false }]);
    });
  });
}
