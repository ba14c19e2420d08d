import type { EventArchive } from '../domain/status/event-archives';
import { archivedOnce } from './archive-events';
import type { Queryable } from './database';

interface ArchiveRow extends Omit<EventArchive, 'from' | 'to' | 'archivedAt' | 'migrations'> {
  from: Date | null;
  to: Date;
  archivedAt: Date;
  migrations: Record<string, number> | null;
}

/** Every month that was archived, the oldest first. Whose events it holds stands in the audit log of each migration. */
export async function readArchives(connection: Queryable): Promise<EventArchive[]> {
  const { rows } = await connection.query<ArchiveRow>(
    `SELECT a.file, a.received_from AS "from", a.received_to AS "to", a.archived_at AS "archivedAt", a.sha256, a.bytes::float8 AS bytes,
            a.events::float8 AS events,
            (SELECT jsonb_object_agg(m.id, u.evidence -> 'events') FROM migration m JOIN audit u ON u.migration = m.id AND u.once_key = $1 || a.partition)
              AS migrations
       FROM event_archive a ORDER BY a.received_to`,
    [archivedOnce('')],
  );
  return rows.map(({ from, to, archivedAt, migrations, ...row }) => ({
    ...row,
    ...{ from: from?.toISOString() ?? null, to: to.toISOString(), archivedAt: archivedAt.toISOString() },
    migrations: migrations ?? {},
  }));
}
