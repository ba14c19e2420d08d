import {
  ApprovedByAsker,
  ChangeAsked,
  ChangeDecided,
  ChangeOutdated,
  UnknownCrosswalkChange,
} from '../domain/crosswalk/crosswalk-failures';
import type { CrosswalkChange, CrosswalkPreview } from '../domain/status/crosswalk-answers';
import { appendAudit } from './audit';
import { previewChange } from './crosswalk-preview';
import { openCrosswalkCases } from './crosswalk-cases';
import type { Database, Queryable } from './database';
import { linkKeys } from './key-links';
import type { LinkedPhase } from './merge-linked-placements';
import type { MigrationPlan } from './migration-plans';
import { readRoots } from './patient-episodes';
import { readVendorIds } from './vendor-ids';
import { makeDue, writeVendorLinks } from './vendor-links';

/** What somebody asks for; every key stands for no other. */
export type WantedChange =
  | { change: 'merge'; subject: string; unit: string }
  | { change: 'split'; subject: string; unit: string | null; vendorId: string };

export interface ChangeActor {
  id: string;
  verified: boolean;
}

const COLUMNS = `c.id, c.change, c.subject, c.unit, v.vendor, v.kind AS "idKind", c.reason, c.preview, c.asked_by AS "askedBy", c.asked_at AS "askedAt",
            c.state, c.decided_by AS "decidedBy", c.decided_at AS "decidedAt"`;

/** Changes that were asked for, the latest first. @param only those that wait for somebody, unless false */
export async function readChanges(
  connection: Queryable,
  migration: string,
  { waiting = true, limit = 100 }: { waiting?: boolean; limit?: number } = {},
): Promise<CrosswalkChange[]> {
  const { rows } = await connection.query<ChangeRow & Record<string, unknown>>(
    `SELECT ${COLUMNS} FROM crosswalk_change c LEFT JOIN vendor_id v ON v.number = c.vendor_id
      WHERE c.migration = $1 AND ($2 OR c.state = 'asked') ORDER BY c.id DESC LIMIT $3`,
    [migration, !waiting, limit],
  );
  return rows.map(toChange);
}

type ChangeRow = Omit<CrosswalkChange, 'askedAt' | 'decidedAt'> & { askedAt: Date; decidedAt: Date | null };

function toChange({ askedAt, decidedAt, ...row }: ChangeRow): CrosswalkChange {
  return { ...row, askedAt: askedAt.toISOString(), decidedAt: decidedAt?.toISOString() ?? null };
}

/** What a change would touch now. */
export function previewOf(connection: Queryable, migration: string, wanted: WantedChange): Promise<CrosswalkPreview> {
  const patients = wanted.unit === null ? [wanted.subject] : [wanted.subject, wanted.unit];
  return previewChange(connection, migration, {
    patients,
    ...(wanted.change === 'split' && { vendorId: wanted.vendorId }),
  });
}

/**
 * Asks for a change; nothing is changed before somebody else agrees.
 * @throws ChangeAsked
 */
export async function askChange(
  db: Database,
  { id: migration, planHash }: MigrationPlan,
  actor: ChangeActor,
  wanted: WantedChange,
  reason: string,
): Promise<CrosswalkChange> {
  return db.transaction(async (connection) => {
    const preview = await previewOf(connection, migration, wanted);
    const { rows } = await connection.query<{ id: string }>(
      `INSERT INTO crosswalk_change (migration, change, subject, unit, vendor_id, reason, preview, asked_by)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING RETURNING id`,
      [
        ...[migration, wanted.change, wanted.subject, wanted.unit, wanted.change === 'split' ? wanted.vendorId : null],
        ...[reason, JSON.stringify(preview), actor.id],
      ],
    );
    const [written] = rows;
    if (written === undefined) throw new ChangeAsked();
    await audit(connection, { id: migration, planHash }, actor, written.id, `crosswalk.${wanted.change}Asked`, reason);
    return readChange(connection, migration, written.id);
  });
}

/** Does not agree, or no longer asks. @throws UnknownCrosswalkChange, ChangeDecided */
export async function refuseChange(
  db: Database,
  { id: migration, planHash }: MigrationPlan,
  actor: ChangeActor,
  id: string,
): Promise<CrosswalkChange> {
  return db.transaction(async (connection) => {
    const change = await holdChange(connection, migration, id);
    await decide(connection, id, 'refused', actor);
    await audit(connection, { id: migration, planHash }, actor, id, `crosswalk.${change.change}Refused`);
    return readChange(connection, migration, id);
  });
}

/**
 * Agrees to a change, and makes it, in one transaction: also where a process dies in between it is either asked for or done.
 * @param phases the plan's, as far as links are concerned
 * @throws UnknownCrosswalkChange, ChangeDecided, ApprovedByAsker, ChangeOutdated, LinksBusy
 */
export async function approveChange(
  db: Database,
  migration: MigrationPlan,
  phases: readonly LinkedPhase[],
  actor: ChangeActor,
  id: string,
): Promise<CrosswalkChange> {
  const asked = await readChange(db, migration.id, id);
  if (asked.change === 'split') {
    await db.transaction((connection) => split(connection, migration, actor, id));
  } else {
    const unit = asked.unit ?? '';
    // Whoever agreed saw what would contradict: more of it, or less, is another change.
    const wanted = { change: 'merge', subject: asked.subject, unit } as const;
    const touched = JSON.stringify((await previewOf(db, migration.id, wanted)).contradicting);
    await linkKeys(db, {
      ...{ migration: migration.id, planHash: migration.planHash, phases, actor: actor.id, verified: actor.verified },
      links: [{ kind: 'patient', alias: asked.subject, unit, unitKind: 'patient' }],
      also: async (connection, [outcome]) => {
        const change = await holdAgreed(connection, migration, actor, id);
        if (outcome !== 'linked' || change.unit !== unit) throw new ChangeOutdated();
        if (touched !== JSON.stringify(change.preview.contradicting)) throw new ChangeOutdated();
        await decide(connection, id, 'approved', actor);
        await audit(connection, migration, actor, id, 'crosswalk.merged', change.reason);
      },
    });
  }
  return readChange(db, migration.id, id);
}

/** The ids first, as whoever takes them in does; then the change. */
async function split(connection: Queryable, migration: MigrationPlan, actor: ChangeActor, id: string): Promise<void> {
  const { rows } = await connection.query<{ vendorId: string }>(
    `SELECT v.number AS "vendorId" FROM crosswalk_change c JOIN vendor_id v ON v.number = c.vendor_id
      WHERE c.migration = $1 AND c.id = $2 FOR NO KEY UPDATE OF v`,
    [migration.id, id],
  );
  const vendorId = rows[0]?.vendorId ?? '';
  const change = await holdAgreed(connection, migration, actor, id);
  const known = (await readVendorIds(connection, migration.id, [vendorId])).get(vendorId);
  if (known?.links.patient !== change.subject) throw new ChangeOutdated();
  // What it names went with the patient whose it was taken for.
  await connection.query('DELETE FROM vendor_link WHERE vendor_id = $1', [vendorId]);
  if (change.unit !== null) {
    const link = { vendorId, kind: 'patient', unit: change.unit, because: 'person' } as const;
    await writeVendorLinks(connection, { migration: migration.id, linkedBy: actor.id }, [link]);
  } else await makeDue(connection, migration.id, [vendorId]);
  await decide(connection, id, 'approved', actor);
  await audit(connection, migration, actor, id, 'crosswalk.split', change.reason);
  const queue = ['record-mismatch', 'duplicate-record'].flatMap((name) =>
    migration.plan.queues.filter((one) => one.id === name),
  )[0];
  if (queue === undefined) return;
  await openCrosswalkCases(connection, migration, [
    {
      ...{ about: `crosswalk:split:${id}`, subject: change.subject, journey: change.unit ?? change.subject, queue },
      reason: 'An id was split off: what came by it before is filed under the patient whose it was taken for.',
    },
  ]);
}

async function readChange(connection: Queryable, migration: string, id: string): Promise<CrosswalkChange> {
  const { rows } = await connection.query<ChangeRow & Record<string, unknown>>(
    `SELECT ${COLUMNS} FROM crosswalk_change c LEFT JOIN vendor_id v ON v.number = c.vendor_id WHERE c.migration = $1 AND c.id = $2`,
    [migration, id],
  );
  const [row] = rows;
  if (row === undefined) throw new UnknownCrosswalkChange();
  return toChange(row);
}

type HeldChange = Pick<CrosswalkChange, 'change' | 'subject' | 'unit' | 'reason' | 'preview' | 'askedBy'> & {
  vendorId: string | null;
};

/** The change, held until the transaction ends. @throws UnknownCrosswalkChange, ChangeDecided */
async function holdChange(connection: Queryable, migration: string, id: string): Promise<HeldChange> {
  const { rows } = await connection.query<HeldChange & { state: string }>(
    `SELECT change, subject, unit, vendor_id AS "vendorId", reason, preview, asked_by AS "askedBy", state
       FROM crosswalk_change WHERE migration = $1 AND id = $2 FOR UPDATE`,
    [migration, id],
  );
  const [row] = rows;
  if (row === undefined) throw new UnknownCrosswalkChange();
  if (row.state !== 'asked') throw new ChangeDecided();
  return row;
}

/** The same, of somebody else's asking, by keys that still stand for no other. @throws ApprovedByAsker, ChangeOutdated */
async function holdAgreed(
  connection: Queryable,
  { id: migration }: MigrationPlan,
  actor: ChangeActor,
  id: string,
): Promise<HeldChange> {
  const change = await holdChange(connection, migration, id);
  if (change.askedBy === actor.id) throw new ApprovedByAsker();
  if (change.unit !== null && (await readRoots(connection, migration, [change.unit]))(change.unit) !== change.unit)
    throw new ChangeOutdated();
  return change;
}

async function decide(
  connection: Queryable,
  id: string,
  state: 'approved' | 'refused',
  actor: ChangeActor,
): Promise<void> {
  await connection.query(
    `UPDATE crosswalk_change SET state = $2, decided_by = $3, decided_at = clock_timestamp() WHERE id = $1`,
    [id, state, actor.id],
  );
}

/** I13. I15: by its number; whose it is, is in the change. */
async function audit(
  connection: Queryable,
  { id: migration, planHash }: Pick<MigrationPlan, 'id' | 'planHash'>,
  { id: actor, verified }: ChangeActor,
  change: string,
  action: string,
  reason?: string,
): Promise<void> {
  await appendAudit(connection, {
    ...{ migration, planHash, actor, verified, action, evidence: { change } },
    ...(reason !== undefined && { reason }),
    onceKey: `${action}:${change}`,
  });
}
