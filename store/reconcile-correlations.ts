import { apartBy, heardOfKind, partsOf } from '../domain/handoffs/correlation';
import type { HandoffRule } from '../domain/handoffs/handoff-rule';
import { matchHandoff, type Occurrence } from '../domain/handoffs/match-handoffs';
import { attribute } from './attribute';
import {
  ordinalOfStart,
  readCorrelatedEvents,
  readNamingEvents,
  type CorrelatedStoredEvent,
} from './correlated-events';
import {
  lockUnchangedMembers,
  nameOf,
  readMembers,
  writeNextLooks,
  type CorrelationKey,
  type CorrelationMember,
} from './correlations';
import type { Queryable } from './database';
import { referenceTo, secondEndsOf } from './handoff-cases';
import type { MigrationPlan, MigrationPlans } from './migration-plans';
import { readOccurrences, readUnmatched, removeOccurrences, writeUnmatched, type WrittenRow } from './occurrence-rows';
import {
  attributionQuery,
  isSame,
  kindsUnsaid,
  openCasesOfSecondEnds,
  recover,
  toRow,
  writeChanges,
  type Change,
  type MoreSecondEnds,
  type Recovered,
} from './reconcile-journeys';
import type { StoredEvent } from './stored-event';
import { nothingSwept, type SweepReport } from './sweep-report';

/** A unit with its plan, its keys and what they brought. */
interface Unit extends CorrelationKey {
  name: string;
  of: MigrationPlan;
  members: readonly CorrelationMember[];
  events: readonly CorrelatedStoredEvent[];
}

/** One handoff of one unit: what its events say. */
interface MatchedUnit {
  unit: Unit;
  rule: HandoffRule;
  /** Of each occurrence, by its start. */
  occurrences: ReadonlyMap<string, Change>;
  /** Every event that starts it, by which its occurrences are written down; where it starts one or is a repetition. */
  starts: ReadonlySet<string>;
  unmatched: number;
  nextChangeAt: number | null;
}

/** Something to write for a unit, if the unit is held. */
interface OfUnit<What> {
  unit: string;
  what: What;
}

/**
 * The same as `reconcileJourneys`, for handoffs whose start and end have something else in common than the journey: a patient, another unit, or the value
 * of a field. The units must be claimed by this transaction.
 *
 * An occurrence is written under the journey of its start, and stands for that start alone: so each start ends once, whatever is linked later. Two
 * keys that turn out to be one person's are matched together from then on: what was final by then stays, and where its end came by the other
 * key, that is its recovery.
 */
export async function reconcileCorrelations(
  connection: Queryable,
  plans: MigrationPlans,
  roots: readonly CorrelationKey[],
): Promise<SweepReport> {
  const report = nothingSwept();
  report.journeys = roots.length;
  if (roots.length === 0) return report;
  const { members, now } = await readMembers(connection, roots);
  const units = await readUnits(connection, plans, roots, members);
  const matched = units.flatMap((unit) => matchUnit(unit, now));
  const compared = compare(matched, await writtenOf(connection, matched));
  const { recovered, secondEnds, gone, contradicted } = compared;
  const changes = await withJourneys(connection, compared.changes);
  const attributions = await attribute(
    connection,
    changes.map(({ what }) => attributionQuery(what)),
  );
  const unmatched = await unmatchedChanges(connection, matched);

  const held = await holdWholeUnits(connection, units);
  const ofHeld = <What>(some: readonly OfUnit<What>[]): What[] =>
    some.filter(({ unit }) => held.has(unit)).map(({ what }) => what);
  await writeNextLooks(
    connection,
    nextLooks(
      units.filter(({ name }) => held.has(name)),
      matched,
    ),
  );
  await removeOccurrences(connection, ofHeld(gone));
  const rows = changes.map(({ unit, what: change }, index) => {
    const attribution = attributions[index];
    if (attribution === undefined) throw new Error('An attribution was asked for and not answered.');
    return { unit, what: { change, row: toRow(change, attribution) } };
  });
  await writeChanges(connection, ofHeld(rows), report);
  await recover(connection, ofHeld(recovered), report);
  await openCasesOfSecondEnds(connection, ofHeld(secondEnds), report);
  await writeUnmatched(connection, ofHeld(unmatched));
  report.contradicted = contradicted;
  return report;
}

async function readUnits(
  connection: Queryable,
  plans: MigrationPlans,
  roots: readonly CorrelationKey[],
  members: readonly CorrelationMember[],
): Promise<Unit[]> {
  // Of now, and read after the members: whatever let an event in that they count also listens to it, and any other one makes them due again.
  const versions = await plans.allAsOfNow(
    connection,
    roots.map(({ migration }) => migration),
  );
  if (roots.some(({ migration }) => !versions.has(migration)))
    throw new Error('A unit belongs to a migration whose plan is not stored.');
  const events = await readCorrelatedEvents(
    connection,
    members.map((one) => ({ ...one, heard: heardOfKind(versions.get(one.migration)?.rules ?? [], one.kind) })),
  );
  return roots.flatMap((root): Unit[] => {
    const of = versions.get(root.migration);
    if (of === undefined) return [];
    const own = members.filter((one) => nameOf({ ...one, key: one.root }) === nameOf(root));
    return [
      {
        ...root,
        ...{ name: nameOf(root), of, members: own },
        events: own.flatMap((member) => events.get(nameOf(member)) ?? []),
      },
    ];
  });
}

/** The changes, each with what the other events of its journey name where its start does not. */
async function withJourneys(connection: Queryable, changes: readonly OfUnit<Change>[]): Promise<OfUnit<Change>[]> {
  const eventsOf = await readNamingEvents(
    connection,
    changes.flatMap(({ what }) => {
      const kinds = kindsUnsaid(what);
      const { migration, journey } = what.matched;
      return kinds.length === 0 ? [] : [{ migration, journey, kinds }];
    }),
  );
  return changes.map(({ unit, what }) => ({
    unit,
    what: { ...what, matched: { ...what.matched, events: eventsOf(what.matched) } },
  }));
}

function matchUnit(unit: Unit, now: number): MatchedUnit[] {
  return unit.of.rules.flatMap((rule): MatchedUnit[] => {
    const { correlate } = rule;
    if (correlate === undefined) return [];
    const events = unit.events.filter(({ time }) => time >= (rule.since ?? -Infinity));
    const parts = partsOf({ ...rule, correlate }, unit.kind, events);
    if (parts.length === 0) return [];
    const matches = parts.map((part) => matchHandoff(rule, part, now));
    const changes = matches.flatMap((match) =>
      match.occurrences.map((occurrence): Change => changeOf(unit, rule, match, occurrence)),
    );
    const next = matches.map(({ nextChangeAt }) => nextChangeAt).filter((moment) => moment !== null);
    return [
      {
        ...{ unit, rule },
        occurrences: new Map(changes.map((change) => [startOf(change), change])),
        starts: new Set(
          parts
            .flat()
            .flatMap((event) => (event.type === rule.start ? [rowName(event.journey, ordinalOfStart(event))] : [])),
        ),
        unmatched: matches.reduce((sum, match) => sum + match.unmatched, 0),
        nextChangeAt: next.length === 0 ? null : Math.min(...next),
      },
    ];
  });
}

function changeOf(
  unit: Unit,
  rule: HandoffRule,
  match: Change['matched']['match'],
  occurrence: Occurrence<CorrelatedStoredEvent>,
): Change {
  const { start } = occurrence;
  const { migration, journey } = start;
  const matched = {
    ...{ migration, journey, handoff: rule.id, of: unit.of, rule, match, before: [], events: [] },
    apartBy: rule.correlate === undefined ? undefined : apartBy(rule.correlate, start),
  };
  return { matched, ordinal: ordinalOfStart(start), occurrence };
}

function startOf({ matched, ordinal }: Change): string {
  return rowName(matched.journey, ordinal);
}

function rowName(journey: string, ordinal: number): string {
  return `${journey} ${ordinal}`;
}

/** What is written of the handoffs, by unit and handoff, and by the start that it stands for. */
async function writtenOf(
  connection: Queryable,
  matched: readonly MatchedUnit[],
): Promise<ReadonlyMap<string, WrittenRow>> {
  const keys = new Map(
    matched.flatMap(({ unit, rule, starts }) =>
      [...starts].map((start) => {
        const { migration } = unit;
        const journey = start.slice(0, start.lastIndexOf(' '));
        return [`${migration} ${rule.id} ${journey}`, { migration, journey, handoff: rule.id }] as const;
      }),
    ),
  );
  const rows = await readOccurrences(connection, [...keys.values()]);
  return new Map(rows.map((row) => [writtenName(row.migration, row.handoff, rowName(row.journey, row.ordinal)), row]));
}

function writtenName(migration: string, handoff: string, start: string): string {
  return `${migration} ${handoff} ${start}`;
}

function compare(
  matched: readonly MatchedUnit[],
  written: ReadonlyMap<string, WrittenRow>,
): {
  changes: OfUnit<Change>[];
  recovered: OfUnit<Recovered>[];
  secondEnds: OfUnit<MoreSecondEnds>[];
  /** Open ones of starts that count as repetitions now: an earlier one came later, or two keys turned out to be one person's. */
  gone: OfUnit<string>[];
  contradicted: number;
} {
  const changes: OfUnit<Change>[] = [];
  const recovered: OfUnit<Recovered>[] = [];
  const secondEnds: OfUnit<MoreSecondEnds>[] = [];
  const gone: OfUnit<string>[] = [];
  let contradicted = 0;
  for (const { unit, rule, occurrences, starts } of matched) {
    const isLinked = unit.members.length > 1;
    for (const start of starts) {
      const row = written.get(writtenName(unit.migration, rule.id, start));
      const change = occurrences.get(start);
      if (row?.final !== true) {
        if (change !== undefined && (row === undefined || !isSame(row, change.occurrence)))
          changes.push({ unit: unit.name, what: change });
        if (change === undefined && row !== undefined) gone.push({ unit: unit.name, what: row.id });
        continue;
      }
      if (change === undefined) {
        // Two keys that turned out to be one person's may make a repetition of what was a start; nothing else can.
        if (!isLinked) contradicted += 1;
        continue;
      }
      const { occurrence } = change;
      const later = { recoveredAt: occurrence.recoveredAt, secondEnds: occurrence.secondEnds.length };
      if (!isLinked && !isSame({ ...row, ...later }, occurrence)) {
        contradicted += 1;
        continue;
      }
      const { migration, journey } = row;
      const { recoveredAt, recoveredBy } = recoveryOf(row, occurrence);
      if (row.recoveredAt === null && recoveredAt !== null) {
        const { planHash } = unit.of;
        const what = { migration, journey, planHash, occurrence: row.id, recoveredAt, recoveredBy };
        recovered.push({ unit: unit.name, what });
      }
      if (row.secondEnds < occurrence.secondEnds.length || (isLinked && occurrence.secondEnds.length > 0)) {
        // All of them: another key's may come before those that have a case. No end gets two.
        const cases = secondEndsOf(change.matched, row, row.id, occurrence.secondEnds);
        secondEnds.push({ unit: unit.name, what: { migration, journey, row, secondEnds: later.secondEnds, cases } });
      }
    }
  }
  return { changes, recovered, secondEnds, gone, contradicted };
}

/** When the end of a missed one came: after its deadline, or in time under another key of the same person. */
function recoveryOf(
  row: WrittenRow,
  { outcome, final, endedAt, recoveredAt, recoveredBy }: Occurrence<StoredEvent>,
): Pick<Recovered, 'recoveredBy'> & { recoveredAt: number | null } {
  if (row.outcome !== 'missed') return { recoveredAt: null, recoveredBy: null };
  if (outcome === 'kept' && final) return { recoveredAt: endedAt, recoveredBy: null };
  return { recoveredAt, recoveredBy: referenceTo(recoveredBy) };
}

/** Where the number of ends that closed nothing is another than what is written. It stands by the key that the unit is known by. */
async function unmatchedChanges(
  connection: Queryable,
  matched: readonly MatchedUnit[],
): Promise<OfUnit<{ migration: string; handoff: string; journey: string; count: number }>[]> {
  const wanted = matched.flatMap(({ unit, rule, unmatched }) =>
    unit.members.map(({ migration, kind, key }) => ({
      unit: unit.name,
      what: { migration, handoff: rule.id, journey: `${kind} ${key}`, count: key === unit.key ? unmatched : 0 },
    })),
  );
  const written = await readUnmatched(
    connection,
    wanted.map(({ what }) => what),
  );
  const name = (row: { migration: string; handoff: string; journey: string }): string =>
    `${row.migration} ${row.handoff} ${row.journey}`;
  const counts = new Map(written.map((row) => [name(row), row.count]));
  return wanted.filter(({ what }) => (counts.get(name(what)) ?? 0) !== what.count);
}

/** The units of which every key is held: nothing was brought for any since it was read, and nothing is arriving. */
async function holdWholeUnits(connection: Queryable, units: readonly Unit[]): Promise<ReadonlySet<string>> {
  const held = new Set(
    (
      await lockUnchangedMembers(
        connection,
        units.flatMap(({ members }) => members),
      )
    ).map(nameOf),
  );
  return new Set(units.filter(({ members }) => members.every((one) => held.has(nameOf(one)))).map(({ name }) => name));
}

function nextLooks(
  units: readonly Unit[],
  matched: readonly MatchedUnit[],
): (CorrelationKey & { dueAt: number | null })[] {
  return units.flatMap((unit) => {
    const moments = matched.flatMap((one) =>
      one.unit === unit && one.nextChangeAt !== null ? [one.nextChangeAt] : [],
    );
    const dueAt = moments.length === 0 ? null : Math.min(...moments);
    return unit.members.map(({ migration, kind, key }) => ({
      migration,
      kind,
      key,
      dueAt: key === unit.key ? dueAt : null,
    }));
  });
}
