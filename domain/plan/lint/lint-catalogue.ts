import type { CodeEntry } from './codes/code-entry';
import { CONDITION_CODES } from './codes/condition-codes';
import { GATE_CODES } from './codes/gate-codes';
import { GATE_DECLARATION_CODES } from './codes/gate-declaration-codes';
import { GATE_RULE_CODES } from './codes/gate-rule-codes';
import { HANDOFF_CODES } from './codes/handoff-codes';
import { GATE_SENSE_CODES } from './codes/gate-sense-codes';
import { HANDOFF_SENSE_CODES } from './codes/handoff-sense-codes';
import { PHASE_SENSE_CODES } from './codes/phase-sense-codes';
import { HOOK_CODES } from './codes/hook-codes';
import { JOURNEY_CODES } from './codes/journey-codes';
import { NAME_CODES } from './codes/name-codes';
import { NOT_CARRIED_OUT_CODES } from './codes/not-carried-out-codes';
import { OWNERSHIP_CODES } from './codes/ownership-codes';
import { PEOPLE_CODES } from './codes/people-codes';
import { PHASE_CODES } from './codes/phase-codes';
import { QUEUE_CODES } from './codes/queue-codes';
import { REDRIVE_CODES } from './codes/redrive-codes';
import { STACK_MAP_CODES } from './codes/stack-map-codes';
import { TEMPLATE_CODES } from './codes/template-codes';
import { TEXT_CODES } from './codes/text-codes';
import { VALUE_CODES } from './codes/value-codes';
import { WAIVER_CODES } from './codes/waiver-codes';
import { WAVE_CODES } from './codes/wave-codes';

/** Every code that lint finds by, in order. A code never changes its meaning and is never given to something else. */
export const LINT_CATALOGUE = {
  ...TEXT_CODES,
  ...TEMPLATE_CODES,
  ...VALUE_CODES,
  ...NAME_CODES,
  ...STACK_MAP_CODES,
  ...JOURNEY_CODES,
  ...OWNERSHIP_CODES,
  ...HANDOFF_CODES,
  ...CONDITION_CODES,
  ...HANDOFF_SENSE_CODES,
  ...REDRIVE_CODES,
  ...HOOK_CODES,
  ...PHASE_CODES,
  ...PHASE_SENSE_CODES,
  ...WAVE_CODES,
  ...GATE_CODES,
  ...GATE_DECLARATION_CODES,
  ...GATE_SENSE_CODES,
  ...GATE_RULE_CODES,
  ...QUEUE_CODES,
  ...PEOPLE_CODES,
  ...NOT_CARRIED_OUT_CODES,
  ...WAIVER_CODES,
} as const satisfies Record<`WH${number}`, CodeEntry>;

/** A finding's stable code: what it is, whatever the plan. */
export type LintCode = keyof typeof LINT_CATALOGUE;

export const LINT_CODES = Object.keys(LINT_CATALOGUE) as readonly LintCode[];

export function isLintCode(code: unknown): code is LintCode {
  return typeof code === 'string' && Object.hasOwn(LINT_CATALOGUE, code);
}

export function lintEntry(code: LintCode): CodeEntry {
  return LINT_CATALOGUE[code];
}
