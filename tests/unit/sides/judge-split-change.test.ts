import { judgeSplitChange, type JudgedSplit, type SplitContent } from '../../../domain/sides/judge-split-change';

const TEN: SplitContent = {
  share: 10_000,
  perDay: null,
  maxOpen: null,
  mode: 'open',
  cause: 'raised',
  lease: 60_000,
  newAttempt: false,
};
const AT_TEN: JudgedSplit = { epoch: 4, share: 10_000, mode: 'open', unattended: false, content: TEN };
const TWENTY_FIVE: SplitContent = { ...TEN, share: 25_000 };
const ZERO: SplitContent = { ...TEN, share: 0, cause: 'rollback' };

describe('what becomes of a write of a split', () => {
  it('applies what expects the epoch in force', () => {
    expect(judgeSplitChange(AT_TEN, 4, TWENTY_FIVE)).toBe('apply');
    expect(judgeSplitChange(AT_TEN, 4, ZERO)).toBe('apply');
  });

  it('refuses every other epoch, older or newer (I3)', () => {
    expect(judgeSplitChange(AT_TEN, 2, TWENTY_FIVE)).toBe('stale');
    expect(judgeSplitChange(AT_TEN, 5, TWENTY_FIVE)).toBe('stale');
  });

  it('answers a repeated write as the first time', () => {
    expect(judgeSplitChange(AT_TEN, 3, TEN)).toBe('repeat');
    expect(judgeSplitChange({ ...AT_TEN, unattended: true }, 3, TEN)).toBe('repeat');
  });

  it.each<Partial<SplitContent>>([
    { share: 9_999 },
    { perDay: 5 },
    { mode: 'returning' },
    { cause: 'restored' },
    { lease: 30_000 },
    { newAttempt: true },
  ])('does not take another write for a repeated one: %j', (other) => {
    expect(judgeSplitChange(AT_TEN, 3, { ...TEN, ...other })).toBe('stale');
  });

  it('does not revive a lease that ran out, neither higher nor at the same share nor lower (I4)', () => {
    const unattended = { ...AT_TEN, unattended: true };
    expect(judgeSplitChange(unattended, 4, TWENTY_FIVE)).toBe('lapseFirst');
    expect(judgeSplitChange(unattended, 4, { ...TEN, cause: 'restored' })).toBe('lapseFirst');
    expect(judgeSplitChange(unattended, 4, { ...TEN, share: 5_000, cause: 'rollback' })).toBe('lapseFirst');
    expect(judgeSplitChange(unattended, 4, { ...TEN, share: 100_000, mode: 'committed', cause: 'committed' })).toBe(
      'lapseFirst',
    );
  });

  it('lets an unattended split go to zero at once', () => {
    expect(judgeSplitChange({ ...AT_TEN, unattended: true }, 4, ZERO)).toBe('apply');
    expect(judgeSplitChange({ ...AT_TEN, unattended: true }, 4, { ...ZERO, cause: 'lapsed' })).toBe('apply');
  });

  it.each(['lowered', 'rollback', 'lapsed'] as const)("does not let '%s' raise anything (I3)", (cause) => {
    expect(judgeSplitChange(AT_TEN, 4, { ...TWENTY_FIVE, cause })).toBe('wouldRaise');
    expect(judgeSplitChange(AT_TEN, 4, { ...TEN, cause })).toBe('apply');
  });

  it('changes nothing past the point of no return', () => {
    const committed: JudgedSplit = { ...AT_TEN, mode: 'committed', share: 100_000 };
    expect(judgeSplitChange(committed, 4, ZERO)).toBe('committed');
  });
});
