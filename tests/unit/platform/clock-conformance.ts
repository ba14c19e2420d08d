import type { Clock } from '../../../domain/time/clock';

/** What every clock does. @param letTimePass lets at least a millisecond of the clock's time go by */
export function itBehavesLikeAClock(start: () => { clock: Clock; letTimePass: () => void }): void {
  describe('behaves like a clock', () => {
    it('never goes back', () => {
      const { clock, letTimePass } = start();
      const readings = Array.from({ length: 100 }, () => {
        letTimePass();
        return clock.now().getTime();
      });
      expect(readings).toEqual([...readings].sort((a, b) => a - b));
    });

    it('goes on', () => {
      const { clock, letTimePass } = start();
      const before = clock.now().getTime();
      letTimePass();
      expect(clock.now().getTime()).toBeGreaterThan(before);
    });

    it('gives a reading that is the reader’s own: changing it changes no other', () => {
      const { clock } = start();
      const reading = clock.now();
      const later = clock.now();
      reading.setFullYear(1970);
      expect(later.getFullYear()).not.toBe(1970);
      expect(clock.now().getFullYear()).not.toBe(1970);
    });

    it('reads a real moment, to the millisecond', () => {
      const { clock } = start();
      expect(Number.isInteger(clock.now().getTime())).toBe(true);
    });
  });
}
