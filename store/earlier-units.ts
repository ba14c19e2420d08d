import type { UnitKind } from '../domain/sides/units';
import type { Queryable } from './database';
import { journeysNaming } from './journeys-naming';

/** A phase that comes before the one that is asked for, in the plan. */
export interface EarlierPhase {
  phase: string;
  /** What has a side there. */
  kind: UnitKind;
  /** The key of this journey's unit there; undefined where whoever asks does not know it. */
  unit: string | undefined;
}

/** Whose events tell which units belong to the journey: the episode itself where it is known, else the unit that is asked for. */
export interface JourneyLink {
  kind: UnitKind;
  unit: string;
  /** The patient's key where it is known: visitors who were linked to the patient may be meant. */
  patient?: string;
}

/** A unit of an earlier phase; `ordinal` 1 is the phase just before. */
export interface EarlierUnit {
  /** Number of the journey that it belongs to: where several may be meant, each has its own nearest phase, and any on legacy speaks for legacy. */
  journey: number;
  ordinal: number;
  phase: string;
  unit: string;
}

/** The units that are known by their keys. `earlier` is in the plan's order. */
export function knownUnits(earlier: readonly EarlierPhase[]): EarlierUnit[] {
  return earlier.flatMap(({ phase, unit }, index) =>
    unit === undefined ? [] : [{ journey: 0, ordinal: earlier.length - index, phase, unit }],
  );
}

/** The phases that stay to be looked up: those without a key, nearer than the phase of that ordinal. */
export function phasesWithoutUnit(
  earlier: readonly EarlierPhase[],
  nearerThan = Number.POSITIVE_INFINITY,
): { ordinal: number; phase: string; kind: UnitKind }[] {
  return earlier
    .map(({ phase, kind, unit }, index) => ({ ordinal: earlier.length - index, phase, kind, unit }))
    .filter(({ ordinal, unit }) => unit === undefined && ordinal < nearerThan)
    .map(({ ordinal, phase, kind }) => ({ ordinal, phase, kind }));
}

/** Whose earlier units are looked for. */
export interface UnlinkedUnit {
  link: JourneyLink;
  phases: readonly { ordinal: number; phase: string; kind: UnitKind }[];
  known: readonly EarlierUnit[];
}

/**
 * Of each, the units of those phases that the stored events of the journey name, with the known ones of its journey. Of a patient or a
 * login they are those of all their journeys, since none is told from the others. Where the events of a journey name no visitor, those who
 * were linked to its patient may be meant; of a patient, they always may. Empty where there are none.
 */
export async function linkedUnits(
  connection: Queryable,
  migration: string,
  asked: readonly UnlinkedUnit[],
): Promise<EarlierUnit[][]> {
  const wanted = asked.flatMap(({ phases }, index) => phases.map((phase) => ({ index, ...phase })));
  if (wanted.length === 0) return asked.map(() => []);
  // OFFSET 0 keeps the planner on the indexes, as in EVENTS_OF_UNIT. A linked visitor is of a journey without a name.
  const { rows } = await connection.query<Omit<EarlierUnit, 'journey'> & { index: number; episode: string }>(
    `WITH asked AS MATERIALIZED (
       SELECT * FROM unnest($2::int[], $3::text[], $4::text[], $9::text[]) AS a (index, kind, unit, patient)
     ), journeys AS MATERIALIZED (
       SELECT a.index, k.unit AS journey FROM asked a CROSS JOIN LATERAL keys_of_person($1, a.unit) AS k (unit) WHERE a.kind = 'episode'
        UNION
       SELECT a.index, n.journey FROM asked a
        CROSS JOIN LATERAL event_keys_of($1, a.kind, a.unit) AS k (kind, unit)
        CROSS JOIN LATERAL (${journeysNaming('$1', 'k.kind', 'k.unit')}) n
        WHERE a.kind <> 'episode'
     ), wanted AS MATERIALIZED (
       SELECT * FROM unnest($5::int[], $6::int[], $7::text[], $8::text[]) AS w (index, ordinal, phase, kind)
     ), named AS MATERIALIZED (
       SELECT j.index, j.journey, e.units FROM journeys j
        CROSS JOIN LATERAL (SELECT e.units FROM event e WHERE e.migration = $1 AND e.journey = j.journey OFFSET 0) e
     ), patients AS (
       SELECT a.index, a.patient AS unit FROM asked a WHERE a.patient IS NOT NULL
        UNION SELECT n.index, n.units ->> 'patient' FROM named n WHERE n.units ? 'patient'
     ), found AS MATERIALIZED (
       SELECT n.index, n.journey AS episode, w.ordinal, w.phase, n.units ->> w.kind AS unit
         FROM named n JOIN wanted w ON w.index = n.index AND n.units ? w.kind
     )
     SELECT f.index, f.episode, f.ordinal, f.phase, f.unit FROM found f
      UNION
     SELECT w.index, '', w.ordinal, w.phase, o.visitor
       FROM wanted w
       JOIN asked a ON a.index = w.index
       JOIN patients p ON p.index = w.index
      CROSS JOIN LATERAL keys_of_person($1, p.unit) AS k (unit)
       JOIN unit_owner o ON o.migration = $1 AND o.patient = k.unit
      WHERE w.kind = 'visitor'
        AND (a.kind = 'patient' OR NOT EXISTS (SELECT FROM found f WHERE f.index = w.index AND f.phase = w.phase))`,
    [
      migration,
      asked.map((_, index) => index),
      asked.map(({ link }) => link.kind),
      asked.map(({ link }) => link.unit),
      wanted.map(({ index }) => index),
      wanted.map(({ ordinal }) => ordinal),
      wanted.map(({ phase }) => phase),
      wanted.map(({ kind }) => kind),
      asked.map(({ link }) => link.patient ?? (link.kind === 'patient' ? link.unit : null)),
    ],
  );
  return asked.map(({ link, known }, of) => {
    const found = rows.filter(({ index }) => index === of);
    if (found.length === 0) return [];
    const episodes = [...new Set(found.map(({ episode }) => episode))];
    const linked = found.map(({ ordinal, phase, unit, episode }) => ({
      ...{ ordinal, phase, unit },
      journey: episodes.indexOf(episode),
    }));
    // Of a unit with several journeys, the one that is meant may be one that no event tells of: the known units stand for it too.
    const unseen = link.kind === 'episode' ? [] : known.map((unit) => ({ ...unit, journey: episodes.length }));
    return [...episodes.flatMap((_, journey) => known.map((unit) => ({ ...unit, journey }))), ...linked, ...unseen];
  });
}
