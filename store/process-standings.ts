import { DomainError } from '../domain/domain-error';
import type { Actor } from '../domain/phase/actor';
import type { LimboProcess, ProcessList, ProcessStanding } from '../domain/status/process-standing';
import type { Milliseconds } from '../domain/time/duration';
import { appendAudit } from './audit';
import type { Database, Queryable } from './database';
import { liveMigrations } from './migration-records';

/** No API process of this id has taken its right to answer sides, or somebody declared it dead. */
export class UnknownProcess extends DomainError {
  readonly code = 'unknown-process';
  readonly status = 404;
  constructor() {
    super("There is no API process of this id. 'GET /v1/processes' and 'handoff processes' list those there are.");
  }
}

/** A process whose lease runs is not dead, whatever it looks like. */
export class ProcessLive extends DomainError {
  readonly code = 'process-live';
  readonly status = 409;
  constructor() {
    super(
      'This process is live: its lease has not run out. Stop it, wait until `handoff processes` no longer shows it as live, then declare it dead.',
    );
  }
}

const STATE = `CASE WHEN p.lease_until > clock_timestamp() THEN 'live' WHEN p.keeps_journal THEN 'inLimbo' ELSE 'lapsed' END`;

/** Every API process that has a right to answer sides or had one, those in limbo first. */
export async function readProcesses(connection: Queryable): Promise<ProcessList> {
  const { rows } = await connection.query<
    Omit<ProcessStanding, 'startedAt' | 'leaseUntil'> & { startedAt: Date; leaseUntil: Date; version: number }
  >(
    `SELECT p.id AS process, p.name, ${STATE} AS state, p.started_at AS "startedAt", p.lease_until AS "leaseUntil",
            p.keeps_journal AS "keepsJournal", p.seen_version::float8 AS "seenVersion", p.seen_version < v.version AS behind,
            v.version::float8 AS version
       FROM split_version v LEFT JOIN api_process p ON true
      ORDER BY array_position(ARRAY['inLimbo', 'lapsed', 'live'], ${STATE}), p.started_at, p.id`,
  );
  return {
    version: rows[0]?.version ?? 0,
    processes: rows.flatMap(({ version: _, startedAt, leaseUntil, ...standing }) =>
      (standing.process as string | null) === null
        ? []
        : [{ ...standing, startedAt: startedAt.toISOString(), leaseUntil: leaseUntil.toISOString() }],
    ),
  };
}

/** Processes that have been in limbo for that long at least, the longest first. */
export async function processesInLimbo(connection: Queryable, forAtLeast: Milliseconds = 0): Promise<LimboProcess[]> {
  const { rows } = await connection.query<Omit<LimboProcess, 'since'> & { since: Date }>(
    `SELECT id AS process, name, lease_until AS since FROM api_process
      WHERE keeps_journal AND lease_until <= clock_timestamp() - $1 * interval '1 millisecond' ORDER BY lease_until, id`,
    [forAtLeast],
  );
  return rows.map(({ since, ...process }) => ({ ...process, since: since.toISOString() }));
}

/**
 * Declares a process dead that nobody has heard of since its lease ran out: from then on nobody waits for it. Whatever it answered on its own
 * is lost unless its journal comes back. One that is alive after all takes its right anew, as after any pause. Gives the live migrations whose
 * audit logs say so (I13).
 * @param given `onceKey`: the same request repeated is answered alike
 * @throws UnknownProcess, ProcessLive
 */
export async function declareProcessDead(
  db: Database,
  { process, actor, reason, onceKey }: { process: string; actor: Actor; reason: string; onceKey?: string },
): Promise<string[]> {
  return db.transaction(async (connection) => {
    const { rows } = await connection.query<{ name: string; leaseUntil: Date; live: boolean; keepsJournal: boolean }>(
      `SELECT name, lease_until AS "leaseUntil", lease_until > clock_timestamp() AS live, keeps_journal AS "keepsJournal"
         FROM api_process WHERE id = $1 FOR UPDATE`,
      [process],
    );
    const [found] = rows;
    if (found === undefined) {
      const told = onceKey === undefined ? [] : await toldBefore(connection, onceKey, process);
      if (told.length === 0) throw new UnknownProcess();
      return told;
    }
    if (found.live) throw new ProcessLive();
    await connection.query('DELETE FROM api_process WHERE id = $1', [process]);
    const live = await liveMigrations(connection);
    for (const { id: migration, planHash } of live) {
      await appendAudit(connection, {
        ...{ migration, planHash, actor: actor.id, verified: actor.verified, reason },
        action: 'process.declaredDead',
        evidence: {
          ...{ process, name: found.name, keepsJournal: found.keepsJournal },
          leaseUntil: found.leaseUntil.toISOString(),
        },
        ...(onceKey !== undefined && { onceKey }),
      });
    }
    return live.map(({ id }) => id);
  });
}

async function toldBefore(connection: Queryable, onceKey: string, process: string): Promise<string[]> {
  const { rows } = await connection.query<{ migration: string }>(
    `SELECT migration FROM audit WHERE once_key = $1 AND evidence ->> 'process' = $2 ORDER BY migration`,
    [onceKey, process],
  );
  return rows.map(({ migration }) => migration);
}
