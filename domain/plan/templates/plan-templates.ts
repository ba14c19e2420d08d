/** The texts that a plan may extend, by name. */
export type PlanTemplates = ReadonlyMap<string, string>;

export const NO_TEMPLATES: PlanTemplates = new Map();
