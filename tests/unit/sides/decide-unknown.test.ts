import { decideUnknown, onUnknownOf, type UnknownFacts } from '../../../domain/sides/decide-unknown';

const GUESSING = { beforeCommit: 'legacy', afterCommit: 'target' } as const;

function told(facts: Partial<UnknownFacts>): string {
  return decideUnknown({ onUnknown: GUESSING, mode: 'open', previousSide: undefined, ...facts });
}

describe('a unit that nobody here knows, while the record is out of reach', () => {
  it.each(['open', 'committed', 'returning', undefined] as const)(
    'I1 is told no side where its phase declares none (%s)',
    (mode) => {
      expect(told({ mode, onUnknown: onUnknownOf(undefined) })).toBe('tryAgain');
      expect(told({ mode, onUnknown: onUnknownOf({}) })).toBe('tryAgain');
    },
  );

  it('is told what its phase declares: one side before the commit, the other after', () => {
    expect(told({ mode: undefined })).toBe('legacy');
    expect(told({ mode: 'open' })).toBe('legacy');
    expect(told({ mode: 'committed' })).toBe('target');
  });

  it('is told nothing while people of its cohort are being brought back', () => {
    expect(told({ mode: 'returning' })).toBe('tryAgain');
  });

  it('I14 is told target only where it is known to come from there, or from nowhere', () => {
    expect(told({ mode: 'committed', previousSide: 'target' })).toBe('target');
    expect(told({ mode: 'committed', previousSide: 'legacy' })).toBe('tryAgain');
    expect(told({ mode: 'committed', previousSide: 'notKnown' })).toBe('tryAgain');
  });

  it('may be told legacy wherever it comes from: that is the bridge of a migration that starts at the front', () => {
    for (const previousSide of ['legacy', 'target', 'notKnown'] as const)
      expect(told({ mode: 'open', previousSide })).toBe('legacy');
  });
});
