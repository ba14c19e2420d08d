/** Matured outcomes of one side; each patient's handoff is counted once. */
export interface SideOutcomes {
  kept: number;
  missed: number;
}

/** What keeps a gate from deciding: nothing to see, or something that cannot be believed or was not answered. Neither passes nor rolls back (G7). */
export interface NoAnswer {
  kind: 'noData' | 'sourceError';
  /** For people: whole sentences, without anything that the source said itself but the kind of its error. */
  message: string;
}

/** What an outside source says of a window of time. */
export type OutcomeAnswer =
  | {
      kind: 'outcomes';
      target: SideOutcomes;
      legacy: SideOutcomes;
      /** Up to when they are counted, by the source's clock; null where it does not say. */
      newestAt: Date | null;
    }
  | NoAnswer;

export function noData(message: string): NoAnswer {
  return { kind: 'noData', message };
}

export function sourceError(message: string): NoAnswer {
  return { kind: 'sourceError', message };
}
