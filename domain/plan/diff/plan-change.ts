/** Whom a change of a plan is about. */
export const CONCERNS = ['patients', 'gates', 'people'] as const;
export type Concern = (typeof CONCERNS)[number];

/** What a change does to how carefully people are moved. What cannot be told for sure is `loosened`. */
export const DIRECTIONS = ['tightened', 'loosened', 'other'] as const;
export type Direction = (typeof DIRECTIONS)[number];

/** The part of a plan that a change is in. */
export const PARTS = [
  ...['phase', 'cohort', 'rampStep', 'gate', 'rollbackRule', 'approval', 'handoff'],
  ...['event', 'system', 'queue', 'people', 'plan'],
] as const;
export type Part = (typeof PARTS)[number];

/** One difference between two plans. */
export interface PlanChange {
  /** Such as `phases[payment].gates[few-missed].rule.atLeast`: an entry of a list by its name, or a step of a ramp by what it lets through. */
  path: string;
  kind: 'added' | 'removed' | 'changed';
  part: Part;
  /** Where the part is, for people: `phase payment, gate few-missed`. Empty for the plan as a whole. */
  where: string;
  /** What it is in that part, such as `rule.atLeast`; empty where it is the part itself. */
  what: string;
  concerns: Concern;
  direction: Direction;
  /** The phase that it belongs to, where it belongs to one. */
  phase?: string;
  /** As the plan writes it, on one line; absent where there was none, or is none any more. */
  before?: string;
  after?: string;
}

/** Two plans compared. */
export interface PlanDiff {
  changes: PlanChange[];
  /** Lists whose order has no meaning, and is another: the hash changes with it, and nothing else. */
  reordered: string[];
}

/** A step of a path: a name, or an entry of a list in brackets. */
export type Step = string;

export function entry(name: string): Step {
  return `[${name}]`;
}

export function isEntry(step: Step): boolean {
  return step.startsWith('[');
}

/** The name in an entry's brackets. */
export function nameOf(step: Step): string {
  return isEntry(step) ? step.slice(1, -1) : step;
}

export function formatSteps(steps: readonly Step[]): string {
  return steps.reduce((path, step) => (path === '' || isEntry(step) ? path + step : `${path}.${step}`), '');
}
