import { acceptEvent } from '../../domain/events/accept-event';
import {
  EventRefused,
  isRefused,
  refuse,
  type EventRefusal,
  type EventRefusalCode,
  type Refused,
} from '../../domain/events/event-refusal';
import { correlatedUnits } from '../../domain/handoffs/correlation';
import type { CloudEvent, ReadMessage } from '../../domain/events/read-cloud-events';
import { namesSynthetic } from '../../domain/sides/synthetic-key';
import type { Clock } from '../../domain/time/clock';
import { compress } from '../../domain/time/time-scale';
import { unitsClosedBy } from '../../store/close-units';
import type { Database } from '../../store/database';
import type { EventWriter } from '../../store/event-writer';
import type { EventToStore } from '../../store/events';
import type { MigrationPlan, MigrationPlans } from '../../store/migration-plans';
import { refuseTooOld } from '../../store/refuse-too-old';
import { dispositionOf } from './known-dispositions';

/** What became of a message's events: `stored + duplicates + (synthetic ?? 0) + refused.length` is how many it held. */
export interface EventsAnswer {
  stored: number;
  /** Stored before, with the same content. */
  duplicates: number;
  /** Of synthetic patients, where there were any: good ones that are not stored, since they are evidence of nobody. */
  synthetic?: number;
  /** By their index in the message. */
  refused: { index: number; code: EventRefusalCode; message: string }[];
}

export interface EventReception {
  db: Database;
  writer: EventWriter;
  plans: MigrationPlans;
  clock: Clock;
}

/**
 * Judges each event of a message by the plan of its migration and stores the good ones, all in one transaction. What is counted as
 * stored is committed (I5).
 * @param sources those that the sender sends for; undefined: any of the plan
 */
export async function receiveEvents(
  { db, writer, plans, clock }: EventReception,
  message: ReadMessage,
  sources?: ReadonlySet<string>,
): Promise<EventsAnswer> {
  const events = message.mode === 'single' ? [message.event] : message.events;
  const now = clock.now().getTime();
  const migrations = new MigrationFinder(db, plans);
  const judged: Judged[] = [];
  for (const event of events) judged.push(isRefused(event) ? event : await judge(event, migrations, now, sources));
  const tooOld = await refuseOld({ db, plans }, judged.filter(isGood), now);
  const good = judged.filter(isGood).filter((event) => !tooOld.has(event));
  const storedAs = await writer.store(good);
  const outcomes = new Map(good.map((event, index) => [event, storedAs[index]]));
  const answer: EventsAnswer = { stored: 0, duplicates: 0, refused: [] };
  for (const [index, one] of judged.entries()) {
    if (one === SYNTHETIC) {
      answer.synthetic = (answer.synthetic ?? 0) + 1;
      continue;
    }
    const outcome = isRefused(one) ? one.refused : (tooOld.get(one)?.refused ?? outcomes.get(one));
    if (outcome === 'stored') answer.stored += 1;
    else if (outcome === 'duplicate') answer.duplicates += 1;
    else answer.refused.push({ index, ...(typeof outcome === 'object' ? outcome : ID_REUSED) });
  }
  return answer;
}

/** A good event that names a synthetic patient. */
const SYNTHETIC = 'synthetic';
type Judged = EventToStore | Refused | typeof SYNTHETIC;

const SOURCE_OF_ANOTHER = refuse(
  'source-of-another',
  'The actor of this token or signature does not send for this source. Send it as the one that does, or name the source under its sources in the actors file.',
);

const ID_REUSED: EventRefusal = {
  code: 'event-id-reused',
  message: 'Another event of this source has this id. Give each event an id of its own; repeat one only unchanged.',
};

/** @throws EventRefused where the message was one event and it was refused */
export function throwIfSingleRefused(message: ReadMessage, answer: EventsAnswer): void {
  const [refusal] = answer.refused;
  if (message.mode === 'single' && refusal !== undefined) throw new EventRefused(refusal);
}

function isGood(one: Judged): one is EventToStore {
  return one !== SYNTHETIC && !isRefused(one);
}

/** Those that happened longer ago than their plans keep events. */
async function refuseOld(
  { db, plans }: Pick<EventReception, 'db' | 'plans'>,
  events: readonly EventToStore[],
  now: number,
): Promise<ReadonlyMap<EventToStore, Refused>> {
  const refusals: [EventToStore, Refused][] = [];
  for (const id of new Set(events.map(({ migration }) => migration))) {
    const contract = plans.loaded(id)?.contract;
    if (contract?.keeps === undefined) continue;
    const own = events.filter(({ migration }) => migration === id);
    refusals.push(...(await refuseTooOld(db, { migration: id, contract, now }, own)));
  }
  return new Map(refusals);
}

async function judge(
  event: CloudEvent,
  migrations: MigrationFinder,
  now: number,
  sources: ReadonlySet<string> | undefined,
): Promise<Judged> {
  const migration = await migrations.find(event.attributes.get('migration'));
  if (isRefused(migration)) return migration;
  const accepted = acceptEvent(event, migration.contract, now);
  if (isRefused(accepted)) return accepted;
  if (sources?.has(accepted.source) === false) return SOURCE_OF_ANOTHER;
  if (namesSynthetic(Object.values(accepted.units))) return SYNTHETIC;
  const { id, plan, timeScale, rules } = migration;
  return {
    ...accepted,
    migration: id,
    lateness: compress(plan.lateness, timeScale),
    closes: unitsClosedBy(plan.phases, { ...accepted, migration: id }),
    correlated: correlatedUnits(rules, accepted),
    disposition: dispositionOf(migration, accepted.type),
  };
}

/** Finds the migrations that a message's events name; each is looked for once. */
class MigrationFinder {
  private readonly found = new Map<unknown, MigrationPlan | Refused>();

  constructor(
    private readonly db: Database,
    private readonly plans: MigrationPlans,
  ) {}

  async find(name: unknown): Promise<MigrationPlan | Refused> {
    const known = this.found.get(name);
    if (known !== undefined) return known;
    const found = name === undefined || name === null ? await this.onlyOne() : await this.named(name);
    this.found.set(name, found);
    return found;
  }

  private async onlyOne(): Promise<MigrationPlan | Refused> {
    const [first, ...others] = await this.plans.allLive(this.db);
    if (first === undefined) {
      return refuse('no-live-migration', 'No migration is under way. Start one, then send the event again.');
    }
    if (others.length === 0) return first;
    return refuse(
      'migration-not-named',
      "Several migrations are under way. Name the event's in the extension attribute 'migration'.",
    );
  }

  private async named(name: unknown): Promise<MigrationPlan | Refused> {
    const migration = typeof name === 'string' ? await this.plans.liveById(this.db, name) : undefined;
    return (
      migration ??
      refuse(
        'unknown-migration',
        "No migration under way has the id in the extension attribute 'migration'. List them with GET /v1/migrations.",
      )
    );
  }
}
