import { oneIn, reaches } from '../../../../domain/gates/sequential/evidence';
import { shareAlpha } from '../../../../domain/gates/sequential/shared-alpha';

describe('evidence in words', () => {
  it.each([
    [1, '1 in 1'],
    [0.2, '1 in 1'],
    [1.79, '1 in 1.7'],
    [19.9, '1 in 19'],
    [996, '1 in 990'],
    [4_163, '1 in 4,100'],
    [7_654_321, '1 in 7,600,000'],
    [2e9, 'less than 1 in 1,000,000,000'],
  ])('an e-value of %d is %s', (value, words) => {
    expect(oneIn(Math.log(value))).toBe(words);
  });

  it('reaches its limit at 1/alpha, not before', () => {
    expect(reaches(Math.log(20.001), 0.05)).toBe(true);
    expect(reaches(Math.log(19.999), 0.05)).toBe(false);
  });
});

describe('tests that share an alpha', () => {
  it('are their weighted mean, carried by the one that adds most', () => {
    const { logEvidence, carriedBy } = shareAlpha([
      { id: 'payment', weight: 0.5, logEvidence: Math.log(4) },
      { id: 'routing', weight: 0.3, logEvidence: Math.log(60) },
      { id: 'portal', weight: 0.2, logEvidence: Math.log(1) },
    ]);
    expect(Math.exp(logEvidence)).toBeCloseTo(20.2, 10);
    expect(carriedBy).toBe('routing');
  });

  it('are at most 1 in expectation though they look at the same outcomes', () => {
    // Three bets on one coin, two of them the same.
    const bet = (heads: boolean, on: number) => Math.log(heads ? on / 0.5 : (1 - on) / 0.5);
    const mean = [true, false].reduce((sum, heads) => {
      const parts = [0.9, 0.9, 0.2].map((on, index) => ({
        id: String(index),
        weight: 1 / 3,
        logEvidence: bet(heads, on),
      }));
      return sum + 0.5 * Math.exp(shareAlpha(parts).logEvidence);
    }, 0);
    expect(mean).toBeCloseTo(1, 12);
  });

  it('need weights that add up to 1', () => {
    expect(() => shareAlpha([{ id: 'one', weight: 0.5, logEvidence: 0 }])).toThrow(/add up to 1/);
    expect(() => shareAlpha([])).toThrow(/add up to 1/);
  });
});
