import type { TextPlace } from '../../domain/plan/plan-problem';

/** As much of a long line is shown: what is meant, and what stands around it. */
const SHOWN = 110;
/** How much of that stands before what is meant. */
const BEFORE = 40;

/**
 * The line of a text that a finding is about, with its number, and what is meant underlined:
 *
 *      41 |     unit: epsiode
 *         |           ^^^^^^^
 */
export function excerpt(lines: readonly string[], { line, column, endColumn }: TextPlace): string[] {
  // Columns are counted in UTF-16 code units, so each of them is one character here too.
  const whole = (lines[line - 1] ?? '').replace(/[\p{Cc}\p{Cs}\uFEFF]/gu, ' ').trimEnd();
  const from = whole.length > SHOWN && column > BEFORE ? column - 1 - BEFORE : 0;
  const shown = whole.slice(from, from + SHOWN);
  const before = from > 0 ? '...' : '';
  const after = from + SHOWN < whole.length ? '...' : '';
  const indent = before.length + column - 1 - from;
  const marks = Math.max(1, Math.min(endColumn - column, shown.length - (column - 1 - from)));
  const number = String(line).padStart(6);
  return [`${number} | ${before}${shown}${after}`, `${' '.repeat(6)} | ${' '.repeat(indent)}${'^'.repeat(marks)}`];
}
