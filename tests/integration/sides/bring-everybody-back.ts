import type { SplitKey } from '../../../activities/traffic/traffic-router';
import type { Database } from '../../../store/database';
import { bringBackUnits } from '../../../store/placements';
import { changeSplit, readSplit } from '../../../store/splits';

/** Rolls the cohort back, and brings everybody back to legacy whom it has on target. */
export async function bringEverybodyBack(db: Database, key: SplitKey, lease: number): Promise<void> {
  const change = { ...key, share: 0, perDay: null, lease, cause: 'rollback' } as const;
  const expectedEpoch = (await readSplit(db, key))?.epoch ?? 0;
  const { epoch } = await changeSplit(db, { ...change, expectedEpoch, mode: 'returning' });
  const queue = { id: 'payment-not-routed', owner: 'care-coordination', slaMs: 7_200_000 };
  await bringBackUnits(db, { ...key, unitKind: 'episode', milestones: [], epoch, bringBack: [null], queue });
  await changeSplit(db, { ...change, expectedEpoch: epoch, mode: 'open' });
}
