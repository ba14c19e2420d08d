import type { LintCode } from './lint/lint-catalogue';

/** Names and list indexes from the plan's root to a value. */
export type PlanPath = readonly (string | number)[];

/** Something to mend in a plan, and where it is written. */
export interface PlanProblem {
  /** What it is, whatever the plan: `handoff plan explain <code>` tells more. */
  code: LintCode;
  /** `warning` does not stop a plan. */
  severity: 'error' | 'warning';
  /** 1-based. */
  line: number;
  /** 1-based, in UTF-16 code units, as editors count. */
  column: number;
  /** Where what is meant ends on that line: the column after its last character. */
  endColumn: number;
  /** Such as `phases[0].ramp[1].share`; empty for the document as a whole. */
  path: string;
  /** What to write instead. It may quote names of the plan, which holds nothing of a patient. */
  message: string;
}

/** A finding that the plan waives: it stops nothing until that day. */
export interface WaivedProblem extends Omit<PlanProblem, 'severity'> {
  severity: 'waived';
  waiver: { reason: string; approvedBy: string; expires: string };
}

/** Something to mend in a text, before its place there is known. */
export interface Fault {
  path: PlanPath;
  /** What to write instead. A function where it costs something to say: it is called only for what is listed. */
  message: string | (() => string);
  /** Whether the name at the end of the path is meant rather than its value. */
  atName?: boolean;
}

/** Something to mend in a plan. Its code says how severe it is. */
export interface Finding extends Fault {
  code: LintCode;
}

/** A fault with its place, before its message is asked for. */
export type Placed<Found extends Fault> = Omit<Found, 'path' | 'atName'> & TextPlace & Pick<PlanProblem, 'path'>;

/** Where something is written; see PlanProblem. */
export type TextPlace = Pick<PlanProblem, 'line' | 'column' | 'endColumn'>;

/** The path as people write it: `phases[0].ramp[1].share`. */
export function formatPath(path: PlanPath): string {
  return path.reduce<string>((text, step) => {
    if (typeof step === 'number') return `${text}[${step}]`;
    if (!/^[A-Za-z_][A-Za-z0-9_-]*$/.test(step)) return `${text}[${quoteName(step)}]`;
    return text === '' ? step : `${text}.${step}`;
  }, '');
}

/** A name of the plan inside a message: one line, at most 64 characters, in quotes. */
export function quoteName(name: string): string {
  const line = name.replace(/[\p{C}\s]+/gu, ' ');
  return `'${line.length > 64 ? `${line.slice(0, 61)}...` : line}'`;
}
