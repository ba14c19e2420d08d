import { didYouMean } from '../../domain/plan/closest-name';
import type { CodeEntry } from '../../domain/plan/lint/codes/code-entry';
import { isLintCode, LINT_CODES, lintEntry, type LintCode } from '../../domain/plan/lint/lint-catalogue';
import { CliFailure } from '../cli-failure';
import { EXIT } from '../exit-codes';

/** What `plan explain --json` prints. */
export interface CodeExplained extends Omit<CodeEntry, 'waivable'> {
  code: LintCode;
  waivable: boolean;
}

/** @throws CliFailure `no-such-code`, which says which there are */
export function explainCode(written: string): CodeExplained {
  const code = written.trim().toUpperCase();
  if (!isLintCode(code)) {
    const groups = [...new Set(LINT_CODES.map(groupOf))];
    throw new CliFailure(
      'no-such-code',
      EXIT.refused,
      `Lint has no code of this name.${didYouMean(code, LINT_CODES)} It has:`,
      groups.map((group) => LINT_CODES.filter((known) => groupOf(known) === group).join(' ')),
    );
  }
  const { waivable = false, ...entry } = lintEntry(code);
  return { code, ...entry, waivable };
}

/** Codes of one area have one digit. */
const groupOf = (code: LintCode): string => code.slice(0, 'WH0'.length);

/** A catalogue's entry for people. */
export function explainScreen({ code, severity, title, why, bad, good, waivable }: CodeExplained): string {
  return [
    `${code}  ${severity}  ${title}`,
    '',
    why,
    '',
    'Not so:',
    ...indented(bad),
    '',
    'Write:',
    ...indented(good),
    '',
    waivable
      ? "A plan may waive it, with a reason, an approver and a date: see 'waivers' in docs/plan.md."
      : 'It cannot be waived.',
  ].join('\n');
}

function indented(text: string): string[] {
  return text.split('\n').map((line) => `    ${line}`);
}
