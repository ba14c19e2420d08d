import { randomUUID } from 'node:crypto';
import type { UnitKind } from '../../../domain/sides/units';
import type { LinkAnswer } from '../../../domain/status/key-links';
import type { Database } from '../../../store/database';
import { linkKeys } from '../../../store/key-links';

const QUEUE = { id: 'record-mismatch', owner: 'care-coordination', sla: 7_200_000 };
const PREFIXES = { visitor: 'vis', episode: 'epi', subscription: 'sub', patient: 'pat', login: 'log' } as const;

/** A phase that links are made for; `takesVisitors` unless said otherwise false. */
export interface TestedPhase {
  phase: string;
  takesVisitors?: boolean;
}

export function newKey(kind: UnitKind): string {
  return `${PREFIXES[kind]}_${randomUUID()}`;
}

/** Links pairs of keys, `[alias, unit]`, in a migration with those phases. */
export function linkPairs(
  db: Database,
  of: { migration: string; phases: readonly TestedPhase[]; kind?: UnitKind; unitKind?: UnitKind },
  ...pairs: readonly (readonly [string, string])[]
): Promise<LinkAnswer> {
  const { migration, phases, kind = 'episode', unitKind = kind } = of;
  return linkKeys(db, {
    ...{ migration, planHash: 'p', actor: 'stack-1', verified: true },
    phases: phases.map(({ phase, takesVisitors = false }) => ({ phase, takesVisitors, queue: QUEUE })),
    links: pairs.map(([alias, unit]) => ({ kind, alias, unit, unitKind })),
  });
}
