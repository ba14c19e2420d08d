import type { UnlinkedBecause } from '../domain/crosswalk/vendor-event';
import type { PlanQueue } from '../domain/plan/plan-schema';
import { GIVES_UP_EVENTS } from '../domain/queues/case-reasons';
import { compress } from '../domain/time/time-scale';
import { appendAudit } from './audit';
import type { Queryable } from './database';
import { openExceptions, type NewException } from './exceptions';
import type { Contradiction } from './file-sightings';
import type { MigrationPlan } from './migration-plans';
import type { SightedEvent } from './unlinked-events';
import type { KnownVendorId } from './vendor-ids';

/** A case that is to be open. */
export interface CaseToOpen {
  /** What it is about; the cause of its case, unless one of that cause was resolved before. */
  about: string;
  subject: string;
  journey: string;
  queue: PlanQueue;
  reason: string;
}

/** The case of an event of nobody's; undefined where the plan has no queue for it. One for each patient that there may be, however many events they have. */
export function unlinkedCase(
  { plan }: MigrationPlan,
  { source, vendorIds }: Pick<SightedEvent, 'source' | 'vendorIds'>,
  because: Exclude<UnlinkedBecause, 'contradiction'>,
  ids: ReadonlyMap<string, KnownVendorId>,
): CaseToOpen | undefined {
  const queue = plan.queues.find(({ id }) => id === 'unlinked-event');
  if (queue === undefined) return undefined;
  const inOrder = [...vendorIds].sort((one, other) => Number(BigInt(one) - BigInt(other)));
  const whose = inOrder.find((number) => ids.get(number)?.names === 'patient') ?? inOrder[0];
  const about = whose === undefined ? `unlinked:source:${source}` : `unlinked:id:${whose}`;
  return { about, subject: about, journey: about, queue, reason: WHY_UNLINKED[because] };
}

const WHY_UNLINKED: Readonly<Record<Exclude<UnlinkedBecause, 'contradiction'>, string>> = {
  nobodysId: 'A vendor told of somebody of whom nobody knows who it is.',
  noEpisode: 'A vendor told of a patient of whom no episode is known.',
  severalEpisodes:
    'A vendor told of a patient of whom several episodes may be meant. Somebody has to file it under one.',
};

/** The case of a payload that names two patients, or two episodes: one for each two. */
export function contradictionCase(
  { plan }: MigrationPlan,
  { of, keys: [one, other], patient }: Contradiction,
): CaseToOpen | undefined {
  const queue = ['duplicate-record', 'record-mismatch'].flatMap((id) =>
    plan.queues.filter((known) => known.id === id),
  )[0];
  if (queue === undefined) return undefined;
  return {
    about: `crosswalk:${of}:${one}:${other}`,
    subject: patient ?? one,
    journey: of === 'episode' ? one : other,
    queue,
    reason: `A vendor's payload names two ${of === 'patient' ? 'patients' : 'episodes'} as one.`,
  };
}

/**
 * Opens the cases that are not open yet, each once; gives the cause that each has, by what it is about. Where the last one was resolved, somebody
 * thought that it was over: another one is opened.
 */
export async function openCrosswalkCases(
  connection: Queryable,
  { id: migration, planHash, timeScale }: MigrationPlan,
  cases: readonly CaseToOpen[],
): Promise<ReadonlyMap<string, string>> {
  const causes = new Map<string, string>();
  const opening: NewException[] = [];
  for (const { about, queue, ...one } of new Map(cases.map((each) => [each.about, each])).values()) {
    const cause = await freeCause(connection, migration, about);
    causes.set(about, cause);
    opening.push({
      ...{ ...one, migration, planHash, cause, queue: queue.id, owner: queue.owner },
      ...{ handoff: null, phase: null, cohort: null, side: null, toSide: null, recoveredAt: null },
      sla: compress(queue.sla, timeScale),
    });
  }
  await openExceptions(connection, opening);
  return causes;
}

/** The cause of the open case about this, or of the next one. */
async function freeCause(connection: Queryable, migration: string, about: string): Promise<string> {
  for (let ordinal = 1; ; ordinal += 1) {
    const cause = ordinal === 1 ? about : `${about}:${ordinal}`;
    const { rows } = await connection.query<{ state: string }>(
      'SELECT state FROM exception WHERE migration = $1 AND cause = $2',
      [migration, cause],
    );
    if (rows[0] === undefined || rows[0].state === 'open') return cause;
  }
}

/**
 * Makes sure that what is held since has an open case: takes the cases' rows, so that none ends meanwhile, and opens another where one did. Then notes on
 * them that something of theirs is held again: whoever closes all that recovered must not close these; and who asked to give up what was held knew less
 * than there is now. Call it after events are stored.
 * @param causes by what the cases are about
 * @param fresh what those are about to which something was added just now; the others held the same before
 */
export async function noteHeld(
  connection: Queryable,
  of: MigrationPlan,
  cases: readonly CaseToOpen[],
  causes: ReadonlyMap<string, string>,
  fresh: ReadonlySet<string>,
): Promise<void> {
  const held = await holdOpenCases(connection, of, cases, causes);
  await noteHeldAgain(connection, of, [...held.values()]);
  const more = [...held].flatMap(([about, cause]) => (fresh.has(about) ? [cause] : []));
  if (more.length > 0) await voidGivingUp(connection, of, more);
}

/** The causes of the cases by what they are about, each open until the transaction ends. */
async function holdOpenCases(
  connection: Queryable,
  of: MigrationPlan,
  cases: readonly CaseToOpen[],
  causes: ReadonlyMap<string, string>,
): Promise<ReadonlyMap<string, string>> {
  let now = causes;
  for (;;) {
    const { rows } = await connection.query<{ cause: string; state: string }>(
      'SELECT cause, state FROM exception WHERE migration = $1 AND cause = ANY ($2) ORDER BY id FOR NO KEY UPDATE',
      [of.id, [...now.values()]],
    );
    const ended = new Set(rows.flatMap(({ cause, state }) => (state === 'open' ? [] : [cause])));
    if (ended.size === 0) return now;
    const again = await openCrosswalkCases(
      connection,
      of,
      cases.filter(({ about }) => ended.has(now.get(about) ?? '')),
    );
    for (const [about, cause] of again) {
      // A case ends only where nothing is held of it: this is what came since.
      await connection.query(
        'UPDATE unlinked_event SET cause = $3 WHERE migration = $1 AND cause = $2 AND outcome IS NULL',
        [of.id, now.get(about), cause],
      );
    }
    now = new Map([...now, ...again]);
  }
}

async function voidGivingUp(
  connection: Queryable,
  { id: migration, planHash }: MigrationPlan,
  causes: readonly string[],
): Promise<void> {
  const { rows } = await connection.query<{ id: string; cause: string }>(
    `UPDATE exception SET accept_asked_by = NULL, accept_asked_at = NULL, accept_reason = NULL
      WHERE migration = $1 AND cause = ANY ($2) AND state = 'open' AND accept_reason = $3 RETURNING id, cause`,
    [migration, causes, GIVES_UP_EVENTS],
  );
  for (const { id, cause } of rows) {
    await appendAudit(connection, {
      ...{ migration, planHash, actor: 'system:crosswalk', verified: true },
      action: 'exception.acceptanceVoid',
      reason: 'More is held than whoever asked to give it up knew of.',
      evidence: { exception: id, cause },
    });
  }
}

async function noteHeldAgain(
  connection: Queryable,
  { id: migration, planHash }: MigrationPlan,
  causes: readonly string[],
): Promise<void> {
  const { rows } = await connection.query<{ id: string; cause: string }>(
    `UPDATE exception SET recovered_at = NULL
      WHERE migration = $1 AND cause = ANY ($2) AND state = 'open' AND recovered_at IS NOT NULL
      RETURNING id, cause`,
    [migration, causes],
  );
  for (const { id, cause } of rows) {
    await appendAudit(connection, {
      ...{ migration, planHash, actor: 'system:crosswalk', verified: true },
      action: 'exception.heldAgain',
      reason: 'More came of which nobody knows where it belongs.',
      evidence: { exception: id, cause },
    });
  }
}

/**
 * Notes on cases that nothing of them is held any more. They stay open for their owner. One that had something held again recovers again, so no key
 * keeps its audit row from being there twice: that it is not recovered yet does.
 */
export async function noteLinked(
  connection: Queryable,
  { id: migration, planHash }: MigrationPlan,
  causes: readonly string[],
): Promise<void> {
  if (causes.length === 0) return;
  const { rows } = await connection.query<{ id: string; cause: string }>(
    `UPDATE exception e SET recovered_at = clock_timestamp()
      WHERE e.migration = $1 AND e.cause = ANY ($2) AND e.state = 'open' AND e.recovered_at IS NULL
        AND NOT EXISTS (SELECT FROM unlinked_event u WHERE u.migration = $1 AND u.cause = e.cause AND u.outcome IS NULL)
      RETURNING e.id, e.cause`,
    [migration, [...new Set(causes)]],
  );
  for (const { id, cause } of rows) {
    await appendAudit(connection, {
      ...{ migration, planHash, actor: 'system:crosswalk', verified: true },
      action: 'exception.recovered',
      reason: 'It is known whose it is, and all that was held was stored.',
      evidence: { exception: id, cause },
    });
  }
}
