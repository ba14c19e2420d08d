import { setTimeout as delay } from 'node:timers/promises';
import type { Side } from '../../domain/sides/side';
import { journeyKey } from '../events/event-stream';
import { askAgain } from '../load/ask-again';
import { unitKey } from '../load/unit-keys';

/** Of so many journeys of a migration one is never assigned to a provider. */
const DROPPED_EVERY = 100;
/** Between two events of a journey. */
const STEP_MS = 1_000;
/** Between two batches. */
const TICK_MS = 100;
const EVENTS_A_BATCH = 500;
/** Of a batch whose connection was lost: the server ends one that was idle, also while the next batch is on its way. */
const TRIES = 3;

const CA = { program: 'weight', state: 'CA' };
/** What is said by whom. Both stacks share the chart. */
const STEPS = [
  { source: (side: Side) => `/${side}/billing`, type: 'payment.succeeded', data: CA },
  { source: () => '/chart', type: 'review.assigned', data: { program: 'weight', licensedIn: 'CA' } },
  { source: (side: Side) => `/${side}/messaging`, type: 'message.delivered', data: { channel: 'sms' } },
] as const;
const ASSIGNED = 1;

/** Events of a journey, on average. */
export const EVENTS_A_JOURNEY = STEPS.length - 1 / DROPPED_EVERY;

export interface JourneyStreamOptions {
  port: number;
  token: string;
  /** Journeys go to them in turn. */
  migrations: readonly string[];
  /** Of each journey's unit. No more journeys are begun than there are. */
  sides: readonly Side[];
  journeysASecond: number;
}

/** Patients who pay, are assigned to a provider a second later, and get a message after another one: so many a second, sent over HTTP at an even pace. */
export class JourneyStream {
  /** Stored, by the API's own word; also where an earlier try had stored it. */
  stored = 0;
  /** Milliseconds that the latest batch was sent after it was due. */
  behind = 0;
  /** Milliseconds after the start from which on no journey begins. */
  private lasts = Infinity;
  private began = 0;
  private sending: Promise<void> = Promise.resolve();

  constructor(private readonly options: JourneyStreamOptions) {}

  start(): void {
    this.sending = this.sendOn();
    // Told where it is awaited.
    this.sending.catch(() => undefined);
  }

  /** Begins no journey more; resolves when those under way have ended and the last batch was answered. @throws Error where one was not taken */
  async stop(): Promise<void> {
    this.lasts = performance.now() - this.began;
    await this.sending;
  }

  private async sendOn(): Promise<void> {
    const { journeysASecond } = this.options;
    this.began = performance.now();
    const sent = STEPS.map(() => 0);
    for (let dueAt = TICK_MS; dueAt <= this.lasts + STEPS.length * STEP_MS; dueAt += TICK_MS) {
      this.behind = Math.max(0, performance.now() - this.began - dueAt);
      if (this.behind === 0) await delay(dueAt - (performance.now() - this.began));
      const time = new Date().toISOString();
      const events = STEPS.flatMap((_, step) => {
        const from = sent[step] ?? 0;
        const lasted = Math.max(0, Math.min(this.lasts, dueAt - step * STEP_MS));
        const to = Math.max(from, Math.floor((lasted / 1_000) * journeysASecond));
        sent[step] = to;
        return Array.from({ length: to - from }, (_, index) => this.eventOf(from + index, step, time));
      }).filter((event) => event !== undefined);
      for (let from = 0; from < events.length; from += EVENTS_A_BATCH)
        await this.send(events.slice(from, from + EVENTS_A_BATCH));
    }
  }

  private eventOf(journey: number, step: number, time: string): object | undefined {
    const { migrations, sides } = this.options;
    const place = journey % migrations.length;
    const turn = (journey - place) / migrations.length;
    const [of, side] = [STEPS[step], sides[journey]];
    if (of === undefined || side === undefined || (step === ASSIGNED && isDropped(place, turn))) return undefined;
    const key = journeyKey(journey);
    return {
      ...{ specversion: '1.0', id: `${key}-${step}`, source: of.source(side), type: of.type, time },
      ...{ subject: `pat_${key}`, journey: `ep_${key}`, subscription: unitKey(journey), migration: migrations[place] },
      data: of.data,
    };
  }

  private async send(events: readonly object[]): Promise<void> {
    const { port, token } = this.options;
    const batch = {
      method: 'POST',
      headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/cloudevents-batch+json' },
      body: JSON.stringify(events),
    };
    // Each event is stored once, however often it comes.
    const response = await askAgain(() => notLost(() => fetch(`http://127.0.0.1:${port}/v1/events`, batch)));
    const text = await response.text();
    if (!response.ok) throw new Error(`A batch was answered ${response.status}: ${text}`);
    const { stored, duplicates } = JSON.parse(text) as { stored: number; duplicates: number };
    this.stored += stored + duplicates;
  }
}

/** @throws Error where each of a few tries failed on the way */
async function notLost(send: () => Promise<Response>): Promise<Response> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await send();
    } catch (error) {
      if (attempt === TRIES) throw error;
      await delay(TICK_MS);
    }
  }
}

/** At another turn in each migration. */
function isDropped(place: number, turn: number): boolean {
  return (place + turn) % DROPPED_EVERY === DROPPED_EVERY - 1;
}
