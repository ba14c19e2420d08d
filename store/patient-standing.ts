import type { Plan } from '../domain/plan/plan-schema';
import type { Side } from '../domain/sides/side';
import type { UnitKind } from '../domain/sides/units';
import type {
  NextStep,
  PatientCase,
  PatientEpisode,
  PatientSide,
  PatientStanding,
  PatientVendorId,
  StageStay,
} from '../domain/status/patient-standing';
import { pageOf } from '../domain/timeline/page-of';
import { stageRuns, StageMap, type StagedEvent, type StageRun } from '../domain/timeline/stage-of-journey';
import { whatToSay } from '../domain/timeline/what-to-say';
import type { CrosswalkSecrets } from '../platform/crosswalk-secrets';
import type { Queryable } from './database';
import { readEpisodes } from './patient-episodes';
import { readPatientKeys, type PatientKeys } from './patient-keys';

/** Of one patient; what is beyond is left out: nobody reads it at once. */
const MOST_EVENTS = 2_000;
const MOST_ROWS = 200;

interface StandingOf {
  id: string;
  plan: Plan;
}

/** Where a patient stands, by the key that stays. Every part of it is bounded, and read by an index. */
export async function readStanding(
  connection: Queryable,
  secrets: CrosswalkSecrets,
  migration: StandingOf,
  patient: string,
): Promise<PatientStanding> {
  return standingOfKeys(connection, secrets, migration, await readPatientKeys(connection, migration.id, patient));
}

/** The same of somebody whose keys are read. */
export async function standingOfKeys(
  connection: Queryable,
  secrets: CrosswalkSecrets,
  { plan }: StandingOf,
  of: PatientKeys,
): Promise<PatientStanding> {
  const stages = new StageMap(plan);
  const episodes = await readWhere(connection, of, plan, stages);
  const nextSteps = await readNextSteps(connection, of, plan, stages);
  const cases = await readCases(connection, of);
  return {
    ...{ patient: of.patient, keys: of.keys },
    vendorIds: await readIds(connection, secrets, of, plan),
    ...{ episodes, nextSteps, cases },
    sides: await readSides(connection, of, plan),
    say: whatToSay({ episodes, nextSteps, cases }),
  };
}

async function readIds(
  connection: Queryable,
  secrets: CrosswalkSecrets,
  { migration, keys }: PatientKeys,
  plan: Plan,
): Promise<PatientVendorId[]> {
  const { rows } = await connection.query<{
    vendor: string;
    kind: string;
    names: UnitKind;
    sealed: Buffer;
    unit: string | null;
    lastSeenAt: Date;
  }>(
    `SELECT v.vendor, v.kind, v.names, v.sealed, n.unit, v.last_seen_at AS "lastSeenAt"
       FROM vendor_link l
       JOIN vendor_id v ON v.number = l.vendor_id
       LEFT JOIN vendor_link n ON n.vendor_id = v.number AND n.kind = v.names AND v.names <> 'patient'
      WHERE l.migration = $1 AND l.unit = ANY ($2) AND l.kind = 'patient' ORDER BY v.last_seen_at DESC, v.number LIMIT $3`,
    [migration, keys, MOST_ROWS],
  );
  return rows.map(({ vendor, kind, names, sealed, unit, lastSeenAt }) => {
    const id = secrets.open(sealed, { migration, vendor });
    return {
      ...{ vendor, kind, names, unit, lastSeenAt: lastSeenAt.toISOString() },
      page: id === undefined ? null : pageOf(plan, { vendor, kind, id }),
    };
  });
}

interface TimedEvent extends StagedEvent {
  journey: string;
}

async function readWhere(
  connection: Queryable,
  { migration, patient, journeys }: PatientKeys,
  plan: Plan,
  stages: StageMap,
): Promise<PatientEpisode[]> {
  const phases = plan.phases.filter(({ unit }) => unit === 'episode').map(({ id }) => id);
  const { open, closed } = await readEpisodes(connection, { migration, patient, phases });
  const { rows: events } = await connection.query<TimedEvent & { now: number; episode: string }>(
    `SELECT e.type, e.source, e.episode, floor(extract(epoch FROM e.time) * 1000)::float8 AS time,
            floor(extract(epoch FROM statement_timestamp()) * 1000)::float8 AS now
       FROM (SELECT e.type, e.source, e.time, e.sequence, e.seq, coalesce(a.unit, e.journey) AS episode
               FROM event e LEFT JOIN unit_alias a ON a.migration = e.migration AND a.alias = e.journey
              WHERE e.migration = $1 AND e.journey = ANY ($2) ORDER BY e.matched_at DESC LIMIT $3) e
      ORDER BY e.time, e.sequence, e.seq`,
    [migration, journeys, MOST_EVENTS],
  );
  const isOpen = new Set(open);
  const known = [...open, ...closed].map((episode) => {
    const own = events.filter((event) => event.episode === episode);
    const last = own.at(-1);
    const runs = stageRuns(stages, own);
    const standing = runs.at(-1);
    return {
      last: last?.time ?? 0,
      entry: {
        ...{ episode, open: isOpen.has(episode), stages: runs.map((run) => stayOf(run, last?.now ?? run.since)) },
        stage: standing?.stage ?? null,
        phase: standing?.phase ?? null,
        owner: standing?.owner ?? null,
        stageSince: standing === undefined ? null : iso(standing.since),
        timeInStage: standing === undefined || last === undefined ? null : Math.max(0, last.now - standing.since),
        lastEvent:
          last === undefined
            ? null
            : { type: last.type, system: stages.systemOf(last.source)?.id ?? null, at: iso(last.time) },
      },
    };
  });
  return known.sort((one, other) => other.last - one.last).map(({ entry }) => entry);
}

async function readSides(connection: Queryable, { migration, units }: PatientKeys, plan: Plan): Promise<PatientSide[]> {
  const phases = plan.phases.map(({ id }) => id);
  const { rows } = await connection.query<
    Omit<PatientSide, 'placedAt' | 'closedAt'> & { placedAt: Date; closedAt: Date | null }
  >(
    `SELECT p.phase, p.unit, p.side, p.cohort, p.placed_at AS "placedAt", p.closed_at AS "closedAt"
       FROM unnest($2::text[]) WITH ORDINALITY AS f (phase, at)
       JOIN LATERAL (SELECT * FROM placement p WHERE p.migration = $1 AND p.phase = f.phase AND p.unit = ANY ($3)) p ON true
      ORDER BY f.at, p.closed_at NULLS FIRST, p.placed_at DESC, p.unit LIMIT $4`,
    [migration, phases, units, MOST_ROWS],
  );
  return rows.map(({ placedAt, closedAt, ...row }) => ({
    ...row,
    placedAt: placedAt.toISOString(),
    closedAt: closedAt?.toISOString() ?? null,
  }));
}

async function readNextSteps(
  connection: Queryable,
  { migration, journeys }: PatientKeys,
  plan: Plan,
  stages: StageMap,
): Promise<NextStep[]> {
  const { rows } = await connection.query<{
    handoff: string;
    phase: string;
    episode: string;
    side: Side;
    startedAt: Date;
    dueAt: Date;
    overdue: boolean;
  }>(
    `SELECT o.handoff, o.phase, o.journey AS episode, o.to_side AS side, o.started_at AS "startedAt", o.deadline_at AS "dueAt",
            o.deadline_at < statement_timestamp() AS overdue
       FROM handoff_occurrence o
      WHERE o.migration = $1 AND o.journey = ANY ($2) AND o.outcome IS NULL ORDER BY o.deadline_at, o.id LIMIT $3`,
    [migration, journeys, MOST_ROWS],
  );
  return rows.map(({ startedAt, dueAt, ...row }) => {
    const expects = plan.handoffs.find(({ id }) => id === row.handoff)?.end ?? [];
    const owner = expects.map((type) => stages.ownerOf({ type })).find((team) => team !== null);
    return {
      ...row,
      expects: [...expects],
      owner: owner ?? null,
      startedAt: startedAt.toISOString(),
      dueAt: dueAt.toISOString(),
    };
  });
}

async function readCases(connection: Queryable, { migration, units }: PatientKeys): Promise<PatientCase[]> {
  const { rows } = await connection.query<Omit<PatientCase, 'openedAt' | 'dueAt'> & { openedAt: Date; dueAt: Date }>(
    `SELECT e.id, e.queue, e.owner, e.assigned_to AS "assignedTo", e.handoff, e.phase, e.opened_at AS "openedAt", e.due_at AS "dueAt",
            e.due_at < statement_timestamp() AS overdue
       FROM exception e WHERE e.migration = $1 AND e.subject = ANY ($2) AND e.state = 'open' ORDER BY e.due_at, e.id LIMIT $3`,
    [migration, units, MOST_ROWS],
  );
  return rows.map(({ openedAt, dueAt, ...row }) => ({
    ...row,
    openedAt: openedAt.toISOString(),
    dueAt: dueAt.toISOString(),
  }));
}

function stayOf({ stage, phase, owner, since, until }: StageRun, now: number): StageStay {
  return {
    ...{ stage: stage ?? '', phase, owner, from: iso(since) },
    until: until === undefined ? null : iso(until),
    time: Math.max(0, (until ?? now) - since),
  };
}

function iso(time: number): string {
  return new Date(time).toISOString();
}
