import { z } from 'zod';
import { rollbackScope } from '../plan/schema/rollback-schema';
import type { RollbackScope } from '../plan/plan-schema';

/** What a crossed limit did of itself. */
export type Consequence =
  | { kind: 'pause' }
  | { kind: 'rollback'; id: string; scope: RollbackScope; doneAt: string | null; failures: string[] }
  /** Nobody had been moved yet: the go that was given is void. */
  | { kind: 'voidGo' }
  /** The cohort stood still already. */
  | { kind: 'nothing' };

/** A limit that was crossed once. */
export interface Crossing {
  /** ISO */
  at: string;
  /** The version of the plan that the cohort went by. */
  planHash: string | null;
  message: string;
  /** Whether it was crossed in this cohort; else another one's took this one with it. */
  inThisCohort: boolean;
  did: Consequence;
}

/** A row of the audit log whose actor is `gate:<id>`. */
export interface GateEntry {
  action: string;
  at: string;
  reason: string | null;
  planHash: string | null;
  evidence: unknown;
}

/** What one gate did to one cohort, the earliest first. @param entries in their order */
export function crossingsOf(entries: readonly GateEntry[]): Crossing[] {
  const crossings: Crossing[] = [];
  for (const entry of entries) {
    const { action, at, planHash, reason } = entry;
    const message = reason ?? '';
    if (action === 'gate.limitCrossed') {
      crossings.push({ at, planHash, message, inThisCohort: true, did: { kind: 'nothing' } });
      continue;
    }
    const { rollback: id, scope, failures } = details.parse(entry.evidence ?? {});
    if (action === 'rollback.done') {
      const done = crossings.find(({ did }) => did.kind === 'rollback' && did.id === id);
      if (done?.did.kind === 'rollback') done.did = { ...done.did, doneAt: at, failures };
      continue;
    }
    const did = consequenceOf(action, id, scope);
    if (did === undefined) continue;
    const last = crossings.at(-1);
    if (last?.did.kind === 'nothing') last.did = did;
    else crossings.push({ at, planHash, message, inThisCohort: false, did });
  }
  return crossings;
}

const details = z.object({
  rollback: z.string().optional().catch(undefined),
  scope: rollbackScope.optional().catch(undefined),
  failures: z.array(z.string()).catch([]),
});

function consequenceOf(action: string, id = '', scope: RollbackScope = 'cohort'): Consequence | undefined {
  switch (action) {
    case 'paused':
      return { kind: 'pause' };
    case 'rollback.started':
    case 'rollback.widened':
      return { kind: 'rollback', id, scope, doneAt: null, failures: [] };
    case 'goNoGo.void':
      return { kind: 'voidGo' };
    default:
      return undefined;
  }
}
