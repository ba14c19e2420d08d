import { unitKeyOf } from '../domain/handoffs/unit-key';
import type { OwedCommand } from '../domain/queues/redrive';
import type { Side } from '../domain/sides/side';
import type { UnitKeys, UnitKind } from '../domain/sides/units';
import type { EventReference } from '../domain/status/exception-page';
import { readNamingEvents } from './correlated-events';
import type { Queryable } from './database';
import type { CountedUnits } from './side-now';

/** A missed handoff of a case whose end has not come after all. */
export interface Missing {
  /** As exception.cause: the case's own, or what happened again. */
  cause: string;
  /** That had to end it. */
  side: Side;
  journey: string;
  subject: string;
  /** In milliseconds since 1970. */
  startedAt: number;
  /** The codes that have no end yet, where there must be one for each. */
  lacking: string[] | undefined;
  /** Its command is on its way. */
  inFlight: boolean;
}

/** Each of a case that a missed handoff opened, the first first. */
export async function readMissing(connection: Queryable, exception: string): Promise<Missing[]> {
  const { rows } = await connection.query<Omit<Missing, 'lacking'> & { lacking: string[] | null }>(
    `SELECT c.cause, coalesce(o.to_side, e.to_side) AS side, e.journey, e.subject, coalesce(o.why, c.why) -> 'lacking' AS lacking,
            floor(extract(epoch FROM coalesce(o.started_at, e.opened_at)) * 1000)::float8 AS "startedAt",
            EXISTS (SELECT FROM redrive r WHERE r.exception = e.id AND r.cause = c.cause AND r.state = 'waiting') AS "inFlight"
       FROM exception e
      CROSS JOIN LATERAL (
        SELECT e.cause, e.why, e.opened_at AS at WHERE e.recovered_at IS NULL
         UNION ALL SELECT w.cause, NULL, w.at FROM exception_cause w WHERE w.exception = e.id AND w.recovered_at IS NULL
      ) c
       LEFT JOIN handoff_occurrence o ON o.id = split_part(c.cause, ':', 2)::bigint AND o.migration = e.migration
      WHERE e.id = $1 AND e.kind = 'handoff' ORDER BY c.at, c.cause`,
    [exception],
  );
  return rows.map(({ lacking, ...row }) => ({ ...row, lacking: lacking ?? undefined }));
}

/** The event that opened a handoff. */
export interface Start {
  reference: EventReference;
  units: UnitKeys;
}

/** So that the system can find what it missed: undefined where several, or none that is still kept, can have been that. */
export async function findStart(
  connection: Queryable,
  { cause }: Pick<Missing, 'cause'>,
  type: string,
): Promise<Start | undefined> {
  const { rows } = await connection.query<{ source: string; id: string; at: Date; units: UnitKeys }>(
    `SELECT v.source, v.id, v.time AS at, v.units
       FROM handoff_occurrence o
       JOIN event v ON v.migration = o.migration AND v.journey = o.journey AND v.type = $2 AND date_trunc('milliseconds', v.time) = o.started_at
      WHERE o.id = split_part($1, ':', 2)::bigint LIMIT 2`,
    [cause, type],
  );
  const [start, another] = rows;
  if (start === undefined || another !== undefined) return undefined;
  const { source, id, at, units } = start;
  return { reference: { source, id, type, at: at.toISOString() }, units };
}

/** By whose placements it is known which side must end it: those of the start's units, as where it was judged first. */
export async function countedUnits(
  connection: Queryable,
  migration: string,
  { journey, subject, startedAt }: Pick<Missing, 'journey' | 'subject' | 'startedAt'>,
  { from, to }: Pick<OwedCommand, 'from' | 'to'>,
  start: Start | undefined,
): Promise<CountedUnits> {
  const kinds = [from.unit, from.anonymousUnit, to.unit, to.anonymousUnit].filter((kind) => kind !== undefined);
  const eventsOf = await readNamingEvents(connection, [{ migration, journey, kinds: [...new Set(kinds)] }]);
  const events = eventsOf({ migration, journey });
  const opening = { units: start?.units ?? { patient: subject, episode: journey }, time: startedAt, identity: '' };
  const keyOf = (kind: UnitKind | undefined): string | undefined =>
    kind === undefined ? undefined : unitKeyOf(kind, opening, events);
  return {
    ...{ phase: from.phase, unit: keyOf(from.unit), visitor: keyOf(from.anonymousUnit), startedAt },
    ...{ endPhase: to.phase, endUnit: keyOf(to.unit), endVisitor: keyOf(to.anonymousUnit) },
  };
}
