import type { Database } from '../../store/database';

/** A fault of the protocol that is planted in a test's database, by a change of the product's own functions there. */
export interface PlantedFault {
  /** What is wrong, in a few words. */
  what: string;
  function: string;
  /** Each text that is there exactly once, and what stands for it. */
  changes: readonly (readonly [find: string, put: string])[];
}

const FENCE = `  fence := ARRAY(
    SELECT s FROM split s WHERE s.migration = in_migration AND s.phase = in_phase AND s.cohort = ANY (cohorts) ORDER BY s.cohort FOR SHARE OF s);
`;
const QUEUE = '  PERFORM pg_advisory_xact_lock_shared(hashtextextended(concat_ws(';

export const PLANTED_FAULTS = {
  noEpochInTheInsert: {
    what: 'no epoch in the insert',
    function: 'write_placements',
    changes: [['WHEN s.epoch IS DISTINCT FROM a.epoch THEN false', '']],
  },
  epochCheckedBefore: {
    what: 'the epoch is checked before the insert, not under the lock',
    function: 'write_placements',
    changes: [
      [FENCE, ''],
      [QUEUE, FENCE.replace(' FOR SHARE OF s', '') + QUEUE],
    ],
  },
  acknowledgementNotAwaited: {
    what: 'a rollback is answered before every process has acknowledged it',
    function: 'processes_behind',
    changes: [['SELECT count(*)::integer FROM', 'SELECT 0 * count(*)::integer FROM']],
  },
  noLimbo: {
    what: 'nobody waits for a process that may answer on its own',
    function: 'somebody_in_limbo',
    changes: [['keeps_journal AND', 'false AND']],
  },
} as const satisfies Record<string, PlantedFault>;
export type PlantedFaultName = keyof typeof PLANTED_FAULTS;

/** @throws Error where the function is not what it was when the fault was written: then it must be planted another way */
export async function plantFault(db: Database, fault: PlantedFault): Promise<void> {
  const { rows } = await db.query<{ definition: string }>(
    'SELECT pg_get_functiondef(oid) AS definition FROM pg_proc WHERE proname = $1',
    [fault.function],
  );
  const [found] = rows;
  if (found === undefined || rows.length > 1) throw new Error(`There is not one function ${fault.function}.`);
  let { definition } = found;
  for (const [find, put] of fault.changes) {
    if (definition.split(find).length !== 2) throw new Error(`${fault.function} does not have this once: ${find}`);
    definition = definition.replace(find, () => put);
  }
  await db.query(definition);
}
