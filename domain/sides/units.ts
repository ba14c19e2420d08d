/** What can have a side in a phase. A phase of the plan declares which one it moves. */
export const UNIT_KINDS = ['visitor', 'episode', 'subscription', 'patient', 'login'] as const;
export type UnitKind = (typeof UNIT_KINDS)[number];

/** The keys an event names its patient by, one for each kind of unit that it knows. `patient` is the subject, `episode` the journey. */
export type UnitKeys = Partial<Record<UnitKind, string>>;
