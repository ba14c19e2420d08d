import type { Attribution } from '../domain/handoffs/attribution';
import { correlatedUnits } from '../domain/handoffs/correlation';
import { eventsHeard, listenersOf, type Listeners } from '../domain/handoffs/events-heard';
import type { HandoffRule } from '../domain/handoffs/handoff-rule';
import { matchHandoff, type HandoffMatch, type Occurrence } from '../domain/handoffs/match-handoffs';
import { maturesAt } from '../domain/handoffs/matures-at';
import { unitKeyOf } from '../domain/handoffs/unit-key';
import type { UnitKind } from '../domain/sides/units';
import type { EventReference } from '../domain/status/exception-page';
import { attributePlaced, placesOf, type AttributionQuery } from './attribute';
import { noteCorrelations, type CorrelationKey } from './correlations';
import { PREPARED, type Queryable } from './database';
import { dispositionsOf, ticketsOf, writeDispositions } from './event-dispositions';
import {
  noteRecoveries,
  openMissedHandoffs,
  openReportedCases,
  openSecondEnds,
  openTwoSidedCases,
  type MissedHandoff,
  type SecondEnd,
} from './exceptions';
import { eventsToJudge, findWrongSides, type JourneyToJudge } from './find-wrong-sides';
import { referenceTo, secondEndsOf, toMissed, whyMissed } from './handoff-cases';
import type { MigrationPlan, MigrationPlans } from './migration-plans';
import {
  readOccurrences,
  insertOccurrences,
  readUnmatched,
  removeOccurrences,
  writeOccurrences,
  writeRecoveries,
  writeSecondEnds,
  writeUnmatched,
  type HandoffKey,
  type JourneyKey,
  type OccurrenceRow,
  type OccurrenceToWrite,
  type WrittenRow,
} from './occurrence-rows';
import type { NamingEvent, StoredEvent } from './stored-event';
import { readEvents } from './journey-events';
import { nothingSwept, type SweepReport } from './sweep-report';
import { noteTickets } from './tickets';
import { UnitsInPhases } from './units-in-phases';
import { findPlacements, writeWrongSideEvents } from './wrong-side-events';
import { sentRows } from './sent-rows';

/** One handoff of one journey: what its events say, and what was written of it before. */
export interface Matched extends HandoffKey {
  of: MigrationPlan;
  /** What tells it from others of its journey, where it is correlated by something else. */
  apartBy?: string | undefined;
  rule: HandoffRule;
  match: HandoffMatch<StoredEvent>;
  before: readonly WrittenRow[];
  /** Of its journey: each that may name a unit that it counts for. */
  events: readonly NamingEvent[];
}

/**
 * Brings what is written of some journeys in line with their events: occurrences, exceptions, ends that closed nothing, what each
 * event did, and when to look again. The journeys must be claimed by this transaction.
 *
 * All is read and computed before any journey is locked, so that no event waits for it. I6: a journey that got an event since it
 * was read is left as it is, and due; under the lock nothing can be received before the moment it was read as of.
 * @param again after it failed: what is written is read of all of them, and not only of those that were looked at before
 */
export async function reconcileJourneys(
  connection: Queryable,
  plans: MigrationPlans,
  journeys: readonly JourneyKey[],
  { again = false }: { again?: boolean } = {},
): Promise<SweepReport> {
  const report = nothingSwept();
  report.journeys = journeys.length;
  if (journeys.length === 0) return report;
  const { events, now, counts, never } = await readEvents(connection, journeys);
  const matched: Matched[] = [];
  const written: Matched[] = [];
  const nextLooks: NextLook[] = [];
  const toJudge: JourneyToJudge[] = [];
  // Of now, and read after the events: whatever lets an event in also listens to it.
  const versions = await plans.allAsOfNow(
    connection,
    journeys.map(({ migration }) => migration),
  );
  const listeners = new Map<MigrationPlan, Listeners>();
  for (const [place, journey] of journeys.entries()) {
    const of = versions.get(journey.migration);
    if (of === undefined) throw new Error('A journey belongs to a migration whose plan is not stored.');
    const own = events[place] ?? [];
    if (own.some(({ pending }) => pending)) toJudge.push({ of, events: own });
    const listening = listeners.get(of) ?? listenersOf(of.rules);
    listeners.set(of, listening);
    const matches: Matched[] = [];
    for (const [rule, some] of eventsHeard(listening, own)) {
      matches.push({
        migration: journey.migration,
        journey: journey.journey,
        handoff: rule.id,
        of,
        rule,
        match: matchHandoff(rule, since(rule, some), now),
        before: [],
        events: own,
      });
    }
    matched.push(...matches);
    if (again || never[place] !== true) written.push(...matches);
    const dueAt = earliest(matches.map(({ match }) => match.nextChangeAt));
    nextLooks.push({ ...journey, dueAt, events: counts[place] ?? '0' });
  }
  const before = groupBy(await readOccurrences(connection, written), handoffKeyOf);
  for (const one of matched) one.before = before.get(handoffKeyOf(one)) ?? [];
  const changes = whatChanged(matched);
  const units = new UnitsInPhases();
  const toAttribute = changes.occurrences.map((change) => placesOf(attributionQuery(change), units));
  const judged = eventsToJudge(toJudge, units);
  const placements = await findPlacements(connection, units.all);
  const attributions = await attributePlaced(connection, toAttribute, placements);
  const unmatched = await unmatchedChanges(connection, matched, written);
  const dispositions = dispositionsOf(versions, events.flat());
  const wrongSides = findWrongSides(judged, placements);

  const locked = new Set((await lockUnchanged(connection, nextLooks)).map(keyOf));
  // Whoever stored an event by a version of the plan that did not correlate it yet made no unit due. Before anything that others wait for.
  await noteCorrelations(connection, correlated(toJudge, locked));
  const rows = changes.occurrences.flatMap((change, index) => {
    const attribution = attributions[index];
    if (attribution === undefined) throw new Error('An attribution was asked for and not answered.');
    return locked.has(keyOf(change.matched)) ? [{ change, row: toRow(change, attribution) }] : [];
  });
  await writeChanges(connection, rows, report);
  await recover(
    connection,
    changes.recovered.filter((one) => locked.has(keyOf(one))),
    report,
  );
  await openCasesOfSecondEnds(
    connection,
    changes.secondEnds.filter((one) => locked.has(keyOf(one))),
    report,
  );
  await removeOccurrences(
    connection,
    changes.vanished.filter((row) => locked.has(keyOf(row))).map(({ id }) => id),
  );
  await writeUnmatched(
    connection,
    unmatched.filter((one) => locked.has(keyOf(one))),
  );
  const done = dispositions.filter(({ event }) => locked.has(keyOf(event)));
  report.exceptionsOpened += await openReportedCases(
    connection,
    done.flatMap(({ reported }) => reported ?? []),
  );
  const isLocked = (one: JourneyKey): boolean => locked.has(keyOf(one));
  report.wrongSide += await writeWrongSideEvents(connection, wrongSides.findings.filter(isLocked));
  report.exceptionsOpened += await openTwoSidedCases(connection, wrongSides.cases.filter(isLocked));
  await noteTickets(connection, ticketsOf(versions, done));
  await writeDispositions(connection, done);
  report.contradicted = changes.contradicted;
  return report;
}

/** Those that count for a handoff that a later version of the plan may have added. */
function since({ since: from }: HandoffRule, events: readonly StoredEvent[]): readonly StoredEvent[] {
  return from === undefined ? events : events.filter(({ time }) => time >= from);
}

/** What the events of journeys that are looked at for the first time are matched with besides their journeys. */
function correlated(journeys: readonly JourneyToJudge[], locked: ReadonlySet<string>): CorrelationKey[] {
  return journeys.flatMap(({ of, events }) =>
    events.flatMap((event) =>
      locked.has(keyOf(event)) ? correlatedUnits(of.rules, event).map((unit) => ({ migration: of.id, ...unit })) : [],
    ),
  );
}

/** An occurrence as it now is, beside the row that stands for it. */
export interface Change {
  matched: Matched;
  ordinal: number;
  occurrence: Occurrence<StoredEvent>;
  /** No row stands for it, and nobody else writes one (`insertOccurrences`). */
  isNew?: boolean;
}

export interface Recovered extends JourneyKey {
  occurrence: string;
  recoveredAt: number;
  recoveredBy: EventReference | null;
  planHash: string;
}

/** Ends of a final occurrence that came once more since it was written. */
export interface MoreSecondEnds extends JourneyKey {
  row: WrittenRow;
  secondEnds: number;
  cases: SecondEnd[];
}

/** What the events say now, against what is written. */
function whatChanged(matched: readonly Matched[]): {
  occurrences: Change[];
  recovered: Recovered[];
  secondEnds: MoreSecondEnds[];
  vanished: WrittenRow[];
  contradicted: number;
} {
  const occurrences: Change[] = [];
  const recovered: Recovered[] = [];
  const secondEnds: MoreSecondEnds[] = [];
  const vanished: WrittenRow[] = [];
  let contradicted = 0;
  for (const one of matched) {
    const { migration, journey, match, before, of } = one;
    const byOrdinal = new Map(before.map((row) => [row.ordinal, row]));
    for (const [ordinal, occurrence] of match.occurrences.entries()) {
      const row = byOrdinal.get(ordinal);
      if (row?.final !== true) {
        if (row === undefined || !isSame(row, occurrence))
          occurrences.push({ matched: one, ordinal, occurrence, isNew: row === undefined });
        continue;
      }
      const later = { recoveredAt: occurrence.recoveredAt, secondEnds: occurrence.secondEnds.length };
      if (!isSame({ ...row, ...later }, occurrence)) {
        contradicted += 1;
        continue;
      }
      if (row.recoveredAt === null && occurrence.recoveredAt !== null) {
        const { recoveredAt } = occurrence;
        const recoveredBy = referenceTo(occurrence.recoveredBy);
        recovered.push({ migration, journey, planHash: of.planHash, occurrence: row.id, recoveredAt, recoveredBy });
      }
      if (row.secondEnds < occurrence.secondEnds.length) {
        const cases = secondEndsOf(one, row, row.id, occurrence.secondEnds.slice(row.secondEnds));
        secondEnds.push({ migration, journey, row, secondEnds: later.secondEnds, cases });
      }
    }
    // Only a pause makes fewer of them, and none of those that are final.
    const gone = before.filter(({ ordinal }) => ordinal >= match.occurrences.length);
    vanished.push(...gone.filter(({ final }) => !final));
    contradicted += gone.filter(({ final }) => final).length;
  }
  return { occurrences, recovered, secondEnds, vanished, contradicted };
}

export async function recover(
  connection: Queryable,
  recovered: readonly Recovered[],
  report: SweepReport,
): Promise<void> {
  await writeRecoveries(connection, recovered);
  await noteRecoveries(connection, recovered);
  report.recovered += recovered.length;
}

/** I5: a case for each, however often it is looked at; their number is what has been looked at. */
export async function openCasesOfSecondEnds(
  connection: Queryable,
  more: readonly MoreSecondEnds[],
  report: SweepReport,
): Promise<void> {
  await writeSecondEnds(
    connection,
    more.map(({ row, secondEnds }) => ({ occurrence: row.id, secondEnds })),
  );
  report.exceptionsOpened += await openSecondEnds(
    connection,
    more.flatMap(({ cases }) => cases),
  );
}

interface ChangedRow {
  change: Change;
  row: OccurrenceToWrite;
}

/** I6: a missed one and its exception are written in one transaction, so there is never the one without the other. */
export async function writeChanges(
  connection: Queryable,
  changed: readonly ChangedRow[],
  report: SweepReport,
): Promise<void> {
  if (changed.length === 0) return;
  const rowsOf = (some: readonly ChangedRow[]): OccurrenceToWrite[] => some.map(({ row }) => row);
  const fresh = await insertOccurrences(connection, rowsOf(changed.filter(({ change }) => change.isNew === true)));
  const others = await writeOccurrences(connection, rowsOf(changed.filter(({ change }) => change.isNew !== true)));
  const written = new Map([...fresh, ...others].map((row) => [`${handoffKeyOf(row)} ${row.ordinal}`, row.id]));
  const missed: MissedHandoff[] = [];
  const seconds: SecondEnd[] = [];
  for (const { change, row } of changed) {
    const id = written.get(`${handoffKeyOf(row)} ${row.ordinal}`);
    if (id !== undefined && row.secondEnds > 0)
      seconds.push(...secondEndsOf(change.matched, row, id, change.occurrence.secondEnds));
    if ((id === undefined && change.isNew !== true) || !row.final || row.outcome === null) continue;
    report.finalized[row.outcome] += 1;
    if (row.recoveredAt !== null) report.recovered += 1;
    if (row.outcome === 'missed' && id !== undefined) missed.push(...toMissed(change.matched, row, id));
  }
  report.exceptionsOpened += await openMissedHandoffs(connection, missed);
  report.exceptionsOpened += await openSecondEnds(connection, seconds);
}

/** The units that an occurrence counts for of which its start does not say the key. */
export function kindsUnsaid({ matched: { of, rule }, occurrence }: Change): UnitKind[] {
  const kinds = of.plan.phases
    .filter(({ id }) => id === rule.phase || id === rule.endPhase)
    .flatMap(({ unit, anonymousUnit }) => (anonymousUnit === undefined ? [unit] : [unit, anonymousUnit]));
  return [...new Set(kinds)].filter((kind) => occurrence.start.units[kind] === undefined);
}

export function attributionQuery({ matched, occurrence }: Change): AttributionQuery {
  const { of, rule, events } = matched;
  const unitIn = (name: string): string | undefined => {
    const phase = of.plan.phases.find(({ id }) => id === name);
    return phase === undefined ? undefined : unitKeyOf(phase.unit, occurrence.start, events);
  };
  const visitorIn = (name: string): string | undefined => {
    const { anonymousUnit } = of.plan.phases.find(({ id }) => id === name) ?? {};
    return anonymousUnit === undefined ? undefined : unitKeyOf(anonymousUnit, occurrence.start, events);
  };
  return {
    migration: of.id,
    phase: rule.phase,
    unit: unitIn(rule.phase),
    visitor: visitorIn(rule.phase),
    startedAt: occurrence.startedAt,
    endPhase: rule.endPhase,
    endUnit: unitIn(rule.endPhase),
    endVisitor: visitorIn(rule.endPhase),
    endAt: occurrence.endedAt ?? occurrence.deadlineAt,
    ended: occurrence.outcome === 'kept' || occurrence.outcome === 'released',
  };
}

/** Members one by one: it runs for every occurrence that changed. */
export function toRow({ matched, ordinal, occurrence }: Change, attribution: Attribution): OccurrenceToWrite {
  return {
    migration: matched.of.id,
    handoff: matched.rule.id,
    journey: matched.journey,
    phase: matched.rule.phase,
    ordinal,
    subject: occurrence.start.subject,
    startedAt: occurrence.startedAt,
    deadlineAt: occurrence.deadlineAt,
    outcome: occurrence.outcome,
    endedAt: occurrence.endedAt,
    final: occurrence.final,
    recoveredAt: occurrence.recoveredAt,
    recoveredBy: referenceTo(occurrence.recoveredBy),
    repeated: occurrence.repeated,
    pausedSince: occurrence.pausedSince,
    secondEnds: occurrence.secondEnds.length,
    why: whyMissed(occurrence),
    maturesAt: maturesAt(occurrence, matched.rule.lateness),
    cohort: attribution.cohort,
    side: attribution.side,
    epoch: attribution.epoch,
    toSide: attribution.toSide,
  };
}

export function isSame(row: OccurrenceRow, occurrence: Occurrence<StoredEvent>): boolean {
  return (
    row.startedAt === occurrence.startedAt &&
    row.deadlineAt === occurrence.deadlineAt &&
    row.outcome === occurrence.outcome &&
    row.endedAt === occurrence.endedAt &&
    row.final === occurrence.final &&
    row.recoveredAt === occurrence.recoveredAt &&
    row.repeated === occurrence.repeated &&
    row.pausedSince === occurrence.pausedSince &&
    row.secondEnds === occurrence.secondEnds.length &&
    row.subject === occurrence.start.subject
  );
}

type UnmatchedCount = HandoffKey & { count: number };

/** Where the number of ends that closed nothing is another than what is written. */
async function unmatchedChanges(
  connection: Queryable,
  matched: readonly Matched[],
  before: readonly Matched[],
): Promise<UnmatchedCount[]> {
  const written = new Map((await readUnmatched(connection, before)).map((row) => [handoffKeyOf(row), row.count]));
  return matched
    .map(({ migration, journey, handoff, match }) => ({ migration, journey, handoff, count: match.unmatched }))
    .filter((row) => (written.get(handoffKeyOf(row)) ?? 0) !== row.count);
}

interface NextLook extends JourneyKey {
  dueAt: number | null;
  /** Messages that had brought events when the journey was read. */
  events: string;
}

/**
 * Locks those journeys that got no event since they were read, and writes down when to look at them again. Waits for nobody: a
 * journey that an event is arriving for is left out, and stays due.
 */
async function lockUnchanged(connection: Queryable, looks: readonly NextLook[]): Promise<JourneyKey[]> {
  const { rows } = await connection.query<JourneyKey>(
    `WITH free AS MATERIALIZED (
       SELECT j.migration, j.id, i.due_at
         FROM ${sentRows('migration text, id text, due_at timestamptz, events bigint')} AS i
         JOIN journey j ON j.migration = i.migration AND j.id = i.id AND j.events = i.events
          FOR UPDATE OF j SKIP LOCKED
     )
     UPDATE journey j SET due_at = free.due_at, matched = j.events FROM free WHERE j.migration = free.migration AND j.id = free.id
     RETURNING j.migration, j.id AS journey`,
    [
      looks.map((look) => look.migration),
      looks.map((look) => look.journey),
      looks.map((look) => (look.dueAt === null ? null : new Date(look.dueAt).toISOString())),
      looks.map((look) => look.events),
    ],
    PREPARED,
  );
  return rows;
}

function earliest(moments: readonly (number | null)[]): number | null {
  const some = moments.filter((moment) => moment !== null);
  return some.length === 0 ? null : Math.min(...some);
}

function keyOf({ migration, journey }: JourneyKey): string {
  return `${migration} ${journey}`;
}

function handoffKeyOf(key: HandoffKey): string {
  return `${keyOf(key)} ${key.handoff}`;
}

function groupBy<Item>(items: readonly Item[], keyOfItem: (item: Item) => string): Map<string, Item[]> {
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    const key = keyOfItem(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}
