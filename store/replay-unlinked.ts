import type { Milliseconds } from '../domain/time/duration';
import { noteHeld, noteLinked, openCrosswalkCases } from './crosswalk-cases';
import type { Database, Queryable } from './database';
import { storeEventsWith } from './events';
import { fileSightings } from './file-sightings';
import type { MigrationPlan, MigrationPlans } from './migration-plans';
import { claimHeld, endHeld, findDue, keepHeld, putOff, type HeldOutcome } from './unlinked-events';
import { caseOf } from './vendor-events';
import { holdVendorIds } from './vendor-ids';
import { makeDue, writeVendorLinks } from './vendor-links';

export interface ReplayReport {
  /** Held events that were judged again. */
  judged: number;
  /** Those that are events of somebody's journey since. */
  stored: number;
  /** Those that could not be judged, and are put off. */
  failed: number;
  /** The first error. */
  failure?: unknown;
}

const AT_ONCE = 200;
/** When something is judged again that could not be. */
const PUT_OFF: Milliseconds = 60_000;

/**
 * Judges held events again that are due, and stores those of which it is known now whose they are: in the order in which they happened, at the time when
 * they did, each once. What is too late for its handoff is so here too: an event that is replayed counts as one that comes now. Whatever is stored and
 * what ends being held are one transaction, so a process that dies leaves it for the next. Any number of these may run.
 * @throws where the database is away
 */
export async function replayUnlinked(db: Database, plans: MigrationPlans): Promise<ReplayReport> {
  const report: ReplayReport = { judged: 0, stored: 0, failed: 0 };
  // What is judged is not due any more, so this ends; what it links makes others due.
  for (;;) {
    const due = await findDue(db, AT_ONCE);
    if (due.length === 0) return report;
    for (const id of new Set(due.map(({ migration }) => migration))) {
      const own = due.filter(({ migration }) => migration === id);
      await replayAll(db, plans, report, id, own);
    }
  }
}

type Due = Awaited<ReturnType<typeof findDue>>[number];

/** All at once; where that fails, one after the other, so that whichever fails holds up no other. */
async function replayAll(
  db: Database,
  plans: MigrationPlans,
  report: ReplayReport,
  id: string,
  due: readonly Due[],
): Promise<void> {
  try {
    const migration = await plans.byId(db, id);
    if (migration === undefined) throw new Error('An event is held of a migration whose plan is not stored.');
    const { judged, stored } = await db.transaction((connection) => replayBatch(connection, migration, due));
    report.judged += judged;
    report.stored += stored;
  } catch (error) {
    if (due.length > 1) {
      for (const one of due) await replayAll(db, plans, report, id, [one]);
      return;
    }
    report.failed += 1;
    report.failure ??= error;
    await putOff(
      db,
      due.map(({ number }) => number),
      PUT_OFF,
    );
  }
}

async function replayBatch(
  connection: Queryable,
  migration: MigrationPlan,
  due: readonly Due[],
): Promise<{ judged: number; stored: number }> {
  const ids = await holdVendorIds(
    connection,
    migration.id,
    due.flatMap(({ vendorIds }) => vendorIds),
  );
  const events = await claimHeld(
    connection,
    migration.id,
    due.map(({ number }) => number),
    'due',
  );
  const { filings, links } = await fileSightings(connection, migration, ids, events);
  await writeVendorLinks(connection, { migration: migration.id, linkedBy: 'system:crosswalk' }, links);
  const filed = events.map((sighted, index) => ({ sighted, filing: filings[index] ?? ({ file: 'noted' } as const) }));
  const kept = filed.flatMap((one) => {
    const { sighted, filing } = one;
    return filing.file === 'held' ? [{ sighted, filing, open: caseOf(migration, ids, one) }] : [];
  });
  const cases = kept.flatMap(({ open }) => open ?? []);
  const causes = await openCrosswalkCases(connection, migration, cases);
  await keepHeld(
    connection,
    kept.map(({ sighted: { number, age }, filing: { because, namesUnit = false }, open }) => ({
      ...{ number, age, because, namesUnit },
      cause: causes.get(open?.about ?? '') ?? null,
    })),
  );
  // What is held on may name an id that a later one of these linked.
  const linked = links.map(({ vendorId }) => vendorId);
  if (kept.length > 0 && linked.length > 0) await makeDue(connection, migration.id, linked);
  const storing = filed.flatMap(({ filing }) => (filing.file === 'event' ? [filing.event] : []));
  const storedAs = (await storeEventsWith(connection, storing)).values();
  const ended = filed.flatMap(({ sighted: { number }, filing }): { number: string; outcome: HeldOutcome }[] => {
    if (filing.file === 'held') return [];
    if (filing.file === 'noted') return [{ number, outcome: 'noted' }];
    return [{ number, outcome: storedAs.next().value === 'reused' ? 'refused' : 'stored' }];
  });
  await endHeld(connection, ended);
  // What was held of another case before is news to whoever asked to give up what this one holds.
  const moved = kept.filter(({ sighted: { cause }, open }) => cause !== (causes.get(open?.about ?? '') ?? null));
  await noteHeld(connection, migration, cases, causes, new Set(moved.flatMap(({ open }) => open?.about ?? [])));
  await noteLinked(
    connection,
    migration,
    events.flatMap(({ cause }) => cause ?? []),
  );
  return { judged: events.length, stored: ended.filter(({ outcome }) => outcome === 'stored').length };
}
