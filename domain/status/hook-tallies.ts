/** What became of something that a vendor reported. `stored` to `noted` as the crosswalk has it; `unmet`: its conditions do not hold. */
export const HOOK_RESULTS = ['stored', 'duplicate', 'held', 'noted', 'unknown', 'unmet', 'refused'] as const;
export type HookResult = (typeof HOOK_RESULTS)[number];

/** What one hook brought. */
export interface HookStanding {
  hook: string;
  vendor: string;
  system: string;
  /** When something signed came last; null: never. */
  lastAt: string | null;
  counts: Record<HookResult, number>;
  /** By the vendor's type, the most frequent first. */
  types: HookTypeTally[];
}

export interface HookTypeTally {
  /** The vendor's code; empty where there was none. */
  type: string;
  result: HookResult;
  /** Why, where it was refused. */
  code?: string;
  count: number;
  lastAt: string;
}
