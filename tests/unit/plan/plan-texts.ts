import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { BadPlan } from '../../../domain/plan/bad-plan';
import { loadPlan, type LoadedPlan } from '../../../domain/plan/load-plan';
import type { PlanProblem } from '../../../domain/plan/plan-problem';
import type { PlanTemplates } from '../../../domain/plan/templates/plan-templates';
import { shippedTemplates } from '../../../platform/shipped-templates';

/** A good plan of one phase, as written. */
export const PAYMENT = readFileSync(join(__dirname, '../../fixtures/plans/payment.yaml'), 'utf8');

/** The plan of the whole journey that people start from, as written. */
export const TELEHEALTH = readFileSync(join(__dirname, '../../../examples/telehealth.yaml'), 'utf8');

/** What is shipped, and two that extend each other. */
const TEMPLATES: PlanTemplates = new Map([
  ...shippedTemplates(),
  ['circle', 'extends: around'],
  ['around', 'extends: circle'],
]);

/** A text with one part replaced; the part must be there exactly once. */
export function edit(text: string, from: string, to: string): string {
  const at = text.indexOf(from);
  if (at < 0 || text.includes(from, at + 1)) throw new Error(`'${from}' is not in the text exactly once.`);
  return text.slice(0, at) + to + text.slice(at + from.length);
}

/** A finding as people read it: where, and what to write. */
export type Said = Pick<PlanProblem, 'line' | 'column' | 'path' | 'message'>;

/** The problems of a bad plan, as people read them; fails where it loads. */
export function problemsOf(text: string): Said[] {
  return refusalOf(text).problems.map(said);
}

/** What a good plan is warned of, as people read it. */
export function warningsOf(text: string): Said[] {
  return loadPlan(text, Infinity, TEMPLATES).warnings.map(said);
}

function said({ line, column, path, message }: PlanProblem): Said {
  return { line, column, path, message };
}

/** Every finding of a plan that counts, good or bad. */
export function findingsOf(text: string, judgedAt?: number): readonly PlanProblem[] {
  try {
    return loadPlan(text, judgedAt, TEMPLATES).warnings;
  } catch (error) {
    if (error instanceof BadPlan) return [...error.problems, ...error.warnings];
    throw error;
  }
}

function refusalOf(text: string): BadPlan {
  let loaded: LoadedPlan;
  try {
    loaded = loadPlan(text, Infinity, TEMPLATES);
  } catch (error) {
    if (error instanceof BadPlan) return error;
    throw error;
  }
  throw new Error(`The plan loaded: ${loaded.hash}`);
}

/** Where a part of a text begins, 1-based, found without the code under test. The part must be there exactly once. */
export function positionOf(text: string, part: string): { line: number; column: number } {
  const at = text.indexOf(part);
  if (at < 0 || text.includes(part, at + 1)) throw new Error(`'${part}' is not in the text exactly once.`);
  const before = text.slice(0, at).split('\n');
  return { line: before.length, column: (before.at(-1) ?? '').length + 1 };
}
