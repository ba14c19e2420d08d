import { randomBytes, randomUUID } from 'node:crypto';
import type { VendorEvent, VendorEventOutcome, VendorId } from '../../../domain/crosswalk/vendor-event';
import { CrosswalkSecrets } from '../../../platform/crosswalk-secrets';
import { systemClock } from '../../../platform/system-clock';
import type { Database } from '../../../store/database';
import { MigrationPlans, type MigrationPlan } from '../../../store/migration-plans';
import { replayUnlinked, type ReplayReport } from '../../../store/replay-unlinked';
import { receiveVendorEvents } from '../../../store/vendor-events';
import { FACTS_PLAN, startMigrationOf } from '../facts/facts-plan';

/** The plan of the facts, with the two queues of the crosswalk, and a phase in which episodes have a side. */
export const CROSSWALK_PLAN = FACTS_PLAN.replace(
  'rollbackRules:',
  `  - { id: unlinked-event, owner: care-coordination, sla: 1h, path: [Find whose it is, Link it] }
  - { id: duplicate-record, owner: care-coordination }
rollbackRules:`,
);

export const STRIPE = 'legacy-billing';

export const customer = (id: string): VendorId => ({ vendor: STRIPE, kind: 'customer', id, names: 'patient' });
export const subscription = (id: string): VendorId => ({
  ...{ vendor: STRIPE, kind: 'subscription', id, names: 'subscription' },
});
export const order = (id: string): VendorId => ({ vendor: 'routing', kind: 'order', id, names: 'episode' });

export const PAIRS: VendorEvent['pairs'] = [
  ['customer', 'subscription'],
  ['customer', 'order'],
];

/** A vendor's event, with whatever is not given left out. */
export function vendorEvent(given: Partial<VendorEvent> = {}): VendorEvent {
  return {
    ...{ source: '/legacy/billing', id: `evt_${randomUUID()}`, type: 'payment.refunded', time: Date.now() },
    ...{ data: {}, ids: [], pairs: PAIRS },
    ...given,
  };
}

export interface CrosswalkWorld {
  migration: MigrationPlan;
  secrets: CrosswalkSecrets;
  plans: MigrationPlans;
  receive(...events: VendorEvent[]): Promise<VendorEventOutcome[]>;
  replay(): Promise<ReplayReport>;
  /** Of each id, by the kind of the unit, which key it is linked to. */
  links(): Promise<{ kind: string; unitKind: string; unit: string; because: string }[]>;
  cases(): Promise<{ queue: string; subject: string; journey: string; state: string; recovered: boolean }[]>;
  /** Every event that is stored, in the order of its journey. */
  stored(): Promise<{ id: string; subject: string; journey: string; time: number; units: Record<string, string> }[]>;
}

/** A migration of its own, with a process of its own. */
export async function createCrosswalkWorld(
  db: Database,
  { yaml = CROSSWALK_PLAN, payloadKey = randomBytes(32).toString('hex') } = {},
): Promise<CrosswalkWorld> {
  const id = `crosswalk-${randomUUID()}`;
  await startMigrationOf(db, id, 1, yaml);
  const plans = new MigrationPlans(systemClock);
  const migration = await plans.byId(db, id);
  if (migration === undefined) throw new Error('The migration was written down, and is not there.');
  const secrets = new CrosswalkSecrets(payloadKey);
  return {
    ...{ migration, secrets, plans },
    receive: (...events) => receiveVendorEvents({ db, secrets, migration, now: Date.now() }, events),
    replay: () => replayUnlinked(db, plans),
    links: async () => {
      const { rows } = await db.query<{ kind: string; unitKind: string; unit: string; because: string }>(
        `SELECT v.kind, l.kind AS "unitKind", l.unit, l.because FROM vendor_link l JOIN vendor_id v ON v.number = l.vendor_id
          WHERE l.migration = $1 ORDER BY v.kind, v.number, l.kind`,
        [id],
      );
      return rows;
    },
    cases: async () => {
      const { rows } = await db.query<Awaited<ReturnType<CrosswalkWorld['cases']>>[number]>(
        `SELECT queue, subject, journey, state, recovered_at IS NOT NULL AS recovered FROM exception WHERE migration = $1 ORDER BY id`,
        [id],
      );
      return rows;
    },
    stored: async () => {
      const { rows } = await db.query<Awaited<ReturnType<CrosswalkWorld['stored']>>[number]>(
        `SELECT id, subject, journey, (extract(epoch FROM time) * 1000)::float8 AS time, units FROM event
          WHERE migration = $1 ORDER BY journey, time, sequence, seq`,
        [id],
      );
      return rows;
    },
  };
}
