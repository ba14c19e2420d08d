import { Database } from '../../../store/database';
import type { CanarySystem } from './canary-system';
import { MIGRATION } from './canary-system';
import type { Keys } from './hook-payloads';

/** Until all that was sent was judged, its cases were opened, their clocks have run down, and teams were told. */
export async function allIsDone(world: CanarySystem): Promise<void> {
  const db = Database.connect({ url: world.running.databaseUrl, applicationName: 'test' });
  const left = async (sql: string): Promise<number> => {
    const { rows } = await db.query<{ left: number }>(`SELECT count(*)::int AS left FROM ${sql}`);
    return rows[0]?.left ?? 0;
  };
  const open = {
    'events to be matched': 'journey WHERE events > matched',
    'handoffs to be judged': 'handoff_occurrence WHERE NOT final',
    'cases to be escalated': `exception e WHERE state = 'open' AND NOT EXISTS (SELECT FROM exception_mark k WHERE k.exception = e.id AND k.kind = 'overdue')`,
    'clocks to be told': 'exception WHERE clock_revision < revision',
    'teams to hear of cases':
      'exception_telling t WHERE outcome IS NULL AND tell_at < clock_timestamp() AND NOT EXISTS (SELECT FROM exception_incident i WHERE i.closed_at IS NULL AND i.team = t.team AND i.queue = t.queue AND i.kind = t.kind)',
    'notices to be delivered': 'notice WHERE delivered_at IS NULL',
  };
  try {
    for (const [what, sql] of Object.entries(open))
      await world.settles(what, async () => {
        const count = await left(sql);
        if (count > 0) throw new Error(`${count} are left`);
        return true;
      });
  } finally {
    await db.close();
  }
}

/** Reads all that people can read, as they would; what is answered is kept by the world. */
export async function readAll(world: CanarySystem, { patient }: Keys): Promise<void> {
  const at = `/v1/migrations/${MIGRATION}`;
  const paths = [
    ...[at, `${at}/board`, `${at}/crosswalk`, `${at}/doctor`, `${at}/hooks`, `${at}/queues`, `${at}/links`],
    ...[`${at}/overrides`, `${at}/plan`, `${at}/routes`, `${at}/wrong-side-events`, `${at}/rollback-preview`],
    ...[`${at}/phases/payment/who-moves`, '/v1/migrations', '/v1/processes', '/healthz', '/readyz'],
  ];
  for (const path of paths) await world.ask('engineer-1', path);
  const asking = { body: JSON.stringify({ key: patient }) };
  await world.ask('engineer-1', `${at}/patients/timeline`, asking);
  for (const list of ['audit', 'exceptions']) {
    for (let after: string | number | null | undefined = 0; after !== null && after !== undefined;) {
      const { body } = await world.ask('engineer-1', `${at}/${list}?limit=1000&after=${after}`);
      after = (JSON.parse(body) as { next?: string | number | null }).next;
    }
  }
}
