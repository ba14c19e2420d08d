import { acceptVendorEvent, type AcceptedVendorEvent } from '../domain/crosswalk/accept-vendor-event';
import type { VendorEvent, VendorEventOutcome } from '../domain/crosswalk/vendor-event';
import { isRefused, refuse, type Refused } from '../domain/events/event-refusal';
import type { CrosswalkSecrets } from '../platform/crosswalk-secrets';
import { contradictionCase, noteHeld, openCrosswalkCases, unlinkedCase, type CaseToOpen } from './crosswalk-cases';
import { holdKeys } from './crosswalk-keys';
import type { Database, Queryable } from './database';
import { storeEventsWith, type StoredAs } from './events';
import { fileSightings, type Filing } from './file-sightings';
import type { MigrationPlan } from './migration-plans';
import { holdEvents, readHeld, type EventToHold, type SightedEvent } from './unlinked-events';
import { nameOf, takeVendorIds, type KnownVendorId } from './vendor-ids';
import { refuseTooOld } from './refuse-too-old';
import { makeDue, writeVendorLinks } from './vendor-links';

export interface VendorReception {
  db: Database;
  secrets: CrosswalkSecrets;
  migration: MigrationPlan;
  /** Milliseconds since 1970. */
  now: number;
  /** What else is written in the same transaction, last of all: it takes its own locks in one order. */
  also?: (connection: Queryable, outcomes: readonly VendorEventOutcome[]) => Promise<void>;
}

/**
 * Takes in what one signed payload of a vendor says, all in one transaction: its ids are linked where something says whose they are, what is somebody's
 * is stored as an event of their journey (I5), what is nobody's is held with a case. What it answers is committed; a repetition changes nothing.
 *
 * What this links may make others that were held somebody's: they are due then. `replayUnlinked` stores them; call it afterwards, or leave it to a sweep.
 * @returns in the order of the events
 * @throws CrosswalkKeyMissing
 */
export async function receiveVendorEvents(
  { db, secrets, migration, now, also }: VendorReception,
  events: readonly VendorEvent[],
): Promise<VendorEventOutcome[]> {
  const judged = events.map((event) => acceptVendorEvent(event, migration.contract, now));
  const accepted = judged.filter((one): one is AcceptedVendorEvent => !isRefused(one));
  if (accepted.length === 0 && also === undefined) return inOrder(judged, []);
  return db.transaction(async (connection) => {
    const of = { migration: migration.id, contract: migration.contract, now };
    const tooOld = await refuseTooOld(connection, of, accepted);
    const taken = accepted.filter((event) => !tooOld.has(event));
    const became = taken.length === 0 ? [] : await takeIn(connection, { secrets, migration }, taken);
    const outcomes = inOrder(
      judged.map((one) => (isRefused(one) ? one : (tooOld.get(one) ?? one))),
      became,
    );
    await also?.(connection, outcomes);
    return outcomes;
  });
}

function inOrder(
  judged: readonly (AcceptedVendorEvent | Refused)[],
  became: readonly VendorEventOutcome[],
): VendorEventOutcome[] {
  const outcomes = became.values();
  return judged.map((one): VendorEventOutcome => {
    if (isRefused(one)) return { became: 'refused', refusal: one.refused };
    const { value } = outcomes.next();
    if (value === undefined) throw new Error('An event was taken in, and nothing was said of it.');
    return value;
  });
}

const REUSED: VendorEventOutcome = {
  became: 'refused',
  refusal: refuse(
    'event-id-reused',
    'Another event of this source has this id. Give each event an id of its own; repeat one only unchanged.',
  ).refused,
};

/** Keys, then ids, then what is held, then events, then cases: whoever takes several of these takes them in this order. */
async function takeIn(
  connection: Queryable,
  { secrets, migration }: Pick<VendorReception, 'secrets' | 'migration'>,
  events: readonly AcceptedVendorEvent[],
): Promise<VendorEventOutcome[]> {
  const keys = await holdKeys(connection, secrets);
  const ids = await takeVendorIds(
    connection,
    { migration: migration.id, secrets, keys },
    events.flatMap((event) => event.ids),
  );
  const before = await readBefore(connection, migration.id, events);
  const outcomes = events.map((event) => before(event));
  const fresh = events.flatMap((event, at) =>
    outcomes[at] === undefined ? [{ at, sighted: toSighted(event, ids) }] : [],
  );
  const byNumber = new Map([...ids.values()].map((id) => [id.number, id]));
  const { filings, links } = await fileSightings(
    connection,
    migration,
    byNumber,
    fresh.map(({ sighted }) => sighted),
  );
  await writeVendorLinks(connection, { migration: migration.id, linkedBy: 'system:crosswalk' }, links);
  const became = await carryOut(
    connection,
    migration,
    byNumber,
    fresh.map(({ sighted }, index) => ({ sighted, filing: filings[index] ?? { file: 'noted' } })),
    links.map(({ vendorId }) => vendorId),
  );
  for (const [index, { at }] of fresh.entries()) outcomes[at] = became[index];
  return outcomes.map((outcome) => outcome ?? { became: 'noted' });
}

function toSighted(event: AcceptedVendorEvent, ids: ReadonlyMap<string, KnownVendorId>): SightedEvent {
  const numbers = event.ids.map((id) => ids.get(nameOf(id))?.number ?? '');
  return { ...event, vendorIds: [...new Set(numbers)] };
}

/** What is known of events that came before, whether they are stored or held. */
async function readBefore(
  connection: Queryable,
  migration: string,
  events: readonly AcceptedVendorEvent[],
): Promise<(event: AcceptedVendorEvent) => VendorEventOutcome | undefined> {
  const held = await readHeld(connection, migration, events);
  const { rows } = await connection.query<{ source: string; id: string; contentHash: string }>(
    `SELECT e.source, e.id, e.content_hash AS "contentHash" FROM unnest($2::text[], $3::text[]) AS i (source, id)
       JOIN event_identity e ON e.migration = $1 AND e.source = i.source AND e.id = i.id`,
    [migration, events.map(({ source }) => source), events.map(({ id }) => id)],
  );
  const stored = new Map(rows.map((row) => [`${row.source} ${row.id}`, row]));
  return (event) => {
    const known = stored.get(`${event.source} ${event.id}`) ?? held(event);
    if (known === undefined) return undefined;
    return known.contentHash === event.contentHash ? { became: 'duplicate' } : REUSED;
  };
}

export interface FiledSighting {
  sighted: SightedEvent;
  filing: Filing;
}

async function carryOut(
  connection: Queryable,
  migration: MigrationPlan,
  ids: ReadonlyMap<string, KnownVendorId>,
  filed: readonly FiledSighting[],
  linked: readonly string[],
): Promise<VendorEventOutcome[]> {
  const cases = filed.flatMap((one) => caseOf(migration, ids, one) ?? []);
  const causes = await openCrosswalkCases(connection, migration, cases);
  const holding = filed.flatMap((one, at): { at: number; event: EventToHold }[] => {
    const { sighted, filing } = one;
    if (filing.file !== 'held') return [];
    const about = caseOf(migration, ids, one)?.about;
    return [
      {
        at,
        event: {
          ...sighted,
          because: filing.because,
          namesUnit: filing.namesUnit === true,
          cause: causes.get(about ?? '') ?? null,
        },
      },
    ];
  });
  const held = await holdEvents(
    connection,
    migration.id,
    holding.map(({ event }) => event),
  );
  // What is held since may name an id that a later one of the same payload linked.
  if (held.size > 0 && linked.length > 0) await makeDue(connection, migration.id, linked);
  const heldAt = new Set([...held].map((index) => holding[index]?.at));
  const storing = filed.flatMap(({ filing }, at) => (filing.file === 'event' ? [{ at, event: filing.event }] : []));
  const stored = await storeEventsWith(
    connection,
    storing.map(({ event }) => event),
  );
  await noteHeld(connection, migration, cases, causes, new Set(causes.keys()));
  const storedAs = new Map(storing.map(({ at }, index) => [at, stored[index]]));
  return filed.map(({ filing }, at): VendorEventOutcome => {
    if (filing.file === 'noted') return { became: 'noted' };
    if (filing.file === 'event') return outcomeOf(storedAs.get(at));
    return heldAt.has(at) ? { became: 'held', because: filing.because } : { became: 'duplicate' };
  });
}

function outcomeOf(storedAs: StoredAs | undefined): VendorEventOutcome {
  if (storedAs === 'stored' || storedAs === 'duplicate') return { became: storedAs };
  return REUSED;
}

/** The case that something held is in; undefined: none, since it tells of nothing that happened, or the plan has no queue for it. */
export function caseOf(
  migration: MigrationPlan,
  ids: ReadonlyMap<string, KnownVendorId>,
  { sighted, filing }: FiledSighting,
): CaseToOpen | undefined {
  if (filing.file !== 'held') return undefined;
  if (filing.because === 'contradiction') return contradictionCase(migration, filing.contradiction);
  return sighted.type === null ? undefined : unlinkedCase(migration, sighted, filing.because, ids);
}
