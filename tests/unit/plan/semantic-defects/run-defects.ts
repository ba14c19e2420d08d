import { findingsOf, TELEHEALTH } from '../plan-texts';
import { GATE_DEFECTS } from './gate-defects';
import { HANDOFF_DEFECTS } from './handoff-defects';
import { OWNERSHIP_DEFECTS, WAVE_DEFECTS } from './ownership-defects';
import { PEOPLE_DEFECTS } from './people-defects';
import { PHASE_DEFECTS } from './phase-defects';
import { makeDefect, type SemanticDefect } from './semantic-defect';

export const SEMANTIC_DEFECTS: readonly SemanticDefect[] = [
  ...HANDOFF_DEFECTS,
  ...PHASE_DEFECTS,
  ...GATE_DEFECTS,
  ...PEOPLE_DEFECTS,
  ...OWNERSHIP_DEFECTS,
  ...WAVE_DEFECTS,
];

export interface DefectOutcome {
  name: string;
  line: number;
  /** Codes found at the line. */
  found: readonly string[];
  /** What is said there. */
  messages: readonly string[];
  /** Codes found in other lines, with the line. */
  elsewhere: readonly string[];
}

/** What lint says of the plan with this one defect. */
export function runDefect(defect: SemanticDefect): DefectOutcome {
  const { text, line } = makeDefect(defect, TELEHEALTH);
  const findings = findingsOf(text);
  const here = findings.filter((finding) => finding.line === line);
  return {
    name: defect.name,
    line,
    found: here.map(({ code }) => code),
    messages: here.map(({ message }) => message),
    elsewhere: findings
      .filter((finding) => finding.line !== line)
      .map((finding) => `${finding.code}@${String(finding.line)}`),
  };
}

/** Defect, line, what was found there. */
export function defectTable(outcomes: readonly DefectOutcome[]): string {
  const rows = outcomes.map(({ name, line, found, elsewhere }) =>
    [
      name.padEnd(74),
      String(line).padStart(5),
      (found.length === 0 ? 'MISSED' : [...new Set(found)].join(' ')).padStart(16),
      found.length === 0 && elsewhere.length > 0 ? `  elsewhere: ${elsewhere.join(' ')}` : '',
    ].join(''),
  );
  const missed = outcomes.filter(({ found }) => found.length === 0).length;
  return [
    `${'defect'.padEnd(74)} line${'found there'.padStart(16)}`,
    ...rows,
    `${String(outcomes.length)} defects, ${String(missed)} missed`,
    '',
  ].join('\n');
}
