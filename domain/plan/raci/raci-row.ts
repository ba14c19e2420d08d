/** What a row is about, in the order of the document. */
export const RACI_AREAS = [
  ...(['layer', 'datum', 'tail', 'queue', 'rollback rule', 'queue rule', 'declared gate', 'decision'] as const),
  ...(['check', 'coverage', 'task', 'waiver', 'by hand'] as const),
] as const;
export type RaciArea = (typeof RACI_AREAS)[number];

/** One thing of the plan and who has which part in it. Names are teams of the plan; roles are written `role:clinical-lead`. */
export interface RaciRow {
  area: RaciArea;
  thing: string;
  /** Who does the work. Empty where the engine does it by itself, or where the plan says nobody. */
  responsible: readonly string[];
  /** Who answers for it: exactly one. Undefined where the plan names nobody. */
  accountable?: string;
  /** Whose yes or work it rests on. */
  consulted: readonly string[];
  /** Who hears of it. */
  informed: readonly string[];
  /** Its deadline, SLA or end, where it has one. */
  due?: string;
  /** Where the plan says so, by the names of its parts: `queues[payment-not-routed]`. */
  from: string;
}

/** A role in a cell of teams. */
export function roleName(role: string): string {
  return `role:${role}`;
}

/** Stands where the engine acts without asking anybody. */
export const ENGINE = 'the engine, by itself';
