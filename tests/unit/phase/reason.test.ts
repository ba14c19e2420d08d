import { COMMAND_BODIES } from '../../../api/migrations/requests';
import { keepReason } from '../../../domain/phase/reason';
import { storable } from '../../../domain/phase/storable-text';

describe('I15 what is kept of a reason that nobody could refuse', () => {
  it.each([
    ['as it is', ' double charges, see INC-20931 ', 'double charges, see INC-20931'],
    ['without control characters', 'a\u0000b\u001b[31mc\u0085d\n', 'ab[31mcd'],
    ['without halves of pairs', 'a\ud83db\udc4dc \u{1f44d}', 'abc \u{1f44d}'],
    ['without what turns a line around', 'a\u202eb\u2066c', 'abc'],
  ])('%s', (_, given, kept) => {
    expect(keepReason(given)).toBe(kept);
  });

  it('500 code points, none cut in half', () => {
    expect(keepReason('\u{1f44d}'.repeat(600))).toBe('\u{1f44d}'.repeat(500));
  });

  it.each([
    ['an address', 'see jane@example.com'],
    ['a telephone number', 'call (415) 555-0199'],
    ['an address with a character in it that is dropped', 'see jane\u0000@exam\u0000ple.com'],
    ['a number between characters that are dropped', 'x\n4155550199\nx'],
    ['an address that the cut would go through', `${'x'.repeat(490)} jane@example.com`],
    ['an address after characters that are dropped', `${'\u0001'.repeat(5_000)}jane@example.com`],
    ['nothing', '\u0000 \n'],
  ])('nothing of one with %s', (_, given) => {
    expect(keepReason(given)).toBeUndefined();
  });

  it('takes no longer for two megabytes than for a page', () => {
    const began = performance.now();
    expect(keepReason('x'.repeat(2_000_000))).toHaveLength(500);
    expect(performance.now() - began).toBeLessThan(2_000);
  });
});

describe('the reason of a command', () => {
  const refusals = (reason: string): string[] =>
    COMMAND_BODIES.pause.safeParse({ reason }).error?.issues.map(({ message }) => message) ?? [];

  it.each(['a\u0000b', 'a\u001b[2Jb', 'a\nb', 'a\u009bb', 'a\ud83d', '\udc4db', 'a\u202eb'])(
    'is refused, not mended: %j',
    (reason) => {
      expect(refusals(reason)).toEqual([expect.stringContaining('leave out control characters')]);
      expect(refusals(reason).join()).not.toContain(reason);
    },
  );

  it('may be in any script', () => {
    expect(refusals('Überlast — 過負荷 \u{1f44d}')).toEqual([]);
  });
});

describe('what is written down', () => {
  it('is as it was, but for what Postgres cannot take', () => {
    const when = {
      at: 'a\u0000b',
      list: ['\ud83d', '\u{1f44d}\n', 1, true, null],
      'k\u0000': { deep: '\udc4d' },
      none: undefined,
    };
    expect(storable(when)).toEqual({
      at: 'ab',
      list: ['', '\u{1f44d}\n', 1, true, null],
      k: { deep: '' },
      none: undefined,
    });
  });
});
