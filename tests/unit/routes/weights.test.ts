import fc from 'fast-check';
import { shareOf, weightsFor } from '../../../adapters/haproxy/weights';

describe('weights for a share', () => {
  it.each([
    [0, { legacy: 256, target: 0 }],
    [10_000, { legacy: 252, target: 28 }],
    [25_000, { legacy: 255, target: 85 }],
    [50_000, { legacy: 256, target: 256 }],
    [100_000, { legacy: 0, target: 256 }],
  ])('make %i of 100,000 exactly', (share, weights) => {
    expect(weightsFor(share)).toEqual(weights);
    expect(shareOf(weights)).toBe(share);
  });

  it('never make more than the share, and stay at most half a percent below it', () => {
    fc.assert(
      fc.property(fc.integer({ min: 390, max: 100_000 }), (share) => {
        const weights = weightsFor(share);
        if (weights === undefined) throw new Error('There are weights for every share from 0.39% up.');
        for (const weight of [weights.legacy, weights.target]) expect(weight).toBeLessThanOrEqual(256);
        expect(shareOf(weights)).toBeLessThanOrEqual(share);
        expect(share - shareOf(weights)).toBeLessThanOrEqual(500);
      }),
    );
  });

  it('are refused for a share that is finer than they are', () => {
    expect(weightsFor(100)).toBeUndefined();
    expect(weightsFor(1)).toBeUndefined();
  });
});
