import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AuditPage } from '../../domain/status/audit-page';
import type { ExceptionEntry, ExceptionPage } from '../../domain/status/exception-page';
import type { MigrationStatus } from '../../domain/status/migration-status';
import { ensureBuilt } from '../setup/built-system';
import { until } from '../setup/until';
import { eventsOf, plantedPatients, STORIES } from './dropped/planted-stories';
import { KILLED, TwoWorkerSystem, type Killed } from './dropped/two-worker-system';

const SEED = 'nothing-dropped';
const ID = 'telehealth';
/** Ten minutes take 300 ms. */
const TIME_SCALE = 2_000;
/** A minute here: longer than any process takes to be there again, so that what it held up still counts at its own time. */
const LATENESS = '34h';
const SENDERS = 4;
const BATCH = 12;

const PLAN = `${readFileSync(join(__dirname, '..', '..', 'examples', 'telehealth-short.yaml'), 'utf8')}
lateness: ${LATENESS}
handoffs:
  - { id: acknowledged-to-shipped, lateness: ${LATENESS} } # it has one of its own
  - { id: stop-to-suppressed, correlate: patient } # in whichever episode a sender says so
`;
const patients = plantedPatients(SEED);

let system: TwoWorkerSystem;
let sent: { events: number; stored: number };

beforeAll(async () => {
  ensureBuilt();
  system = await TwoWorkerSystem.start();
  await system.call('release-manager-1', '/v1/migrations', { plan: PLAN, id: ID, timeScale: TIME_SCALE });
  await placeEverybody();
  sent = await sendAllWhileKilling([...KILLED]);
  await killWhileFinalizing();
  await settled();
}, 600_000);
afterAll(() => system.stop(), 60_000);

/** Whom two systems act on is on a side: they asked for it. */
async function placeEverybody(): Promise<void> {
  for (const { story, subscription } of patients) {
    if (story.otherwise === undefined || !story.happens.some(({ source }) => source !== undefined)) continue;
    const context = { targetingKey: subscription, program: 'weight', visit: 'async', relation: 'new', state: 'CA' };
    const side = await system.call<{ value: string }>('sandbox-stacks', `/ofrep/v1/evaluate/flags/${ID}.payment`, {
      context,
    });
    expect(side.value).toBe('legacy');
  }
}

/** Senders repeat what was not acknowledged. Each victim is killed when that share of all was taken. */
async function sendAllWhileKilling(victims: Killed[]): Promise<{ events: number; stored: number }> {
  const events = eventsOf(patients, SEED, Date.now());
  const batches = Array.from({ length: Math.ceil(events.length / BATCH) }, (_, at) =>
    events.slice(at * BATCH, (at + 1) * BATCH),
  );
  const share = batches.length / (victims.length + 1);
  const killing: Promise<void>[] = [];
  let next = 0;
  let stored = 0;
  const send = async (): Promise<void> => {
    for (let batch = batches[next++]; batch !== undefined; batch = batches[next++]) {
      const killedSoFar = KILLED.length - victims.length;
      if (next > share * (killedSoFar + 1)) {
        const victim = victims.shift();
        // While it is away, the others go on sending.
        if (victim !== undefined) killing.push(system.kill(victim));
      }
      stored += await deliver(batch);
    }
  };
  await Promise.all(Array.from({ length: SENDERS }, send));
  await Promise.all(killing);
  expect(victims).toEqual([]);
  return { events: new Set(events.map(({ id }) => id)).size, stored };
}

/** What a repetition is answered of what the first try stored counts as a duplicate: at most what was acknowledged is counted. */
async function deliver(batch: readonly object[]): Promise<number> {
  const answer = await until(
    'a batch is taken',
    () => system.deliver<{ stored: number; duplicates: number; refused: object[] }>('sandbox-stacks', batch),
    60_000,
  );
  expect(answer.refused).toEqual([]);
  expect(answer.stored + answer.duplicates).toBe(batch.length);
  return answer.stored;
}

/** Both workers are killed while they write missed handoffs down, one after the other. */
async function killWhileFinalizing(): Promise<void> {
  await until('the first handoff is missed', async () => missedOf(await status()) > 0, 180_000);
  await Promise.all([system.kill('worker'), system.kill('secondWorker')]);
}

async function settled(): Promise<void> {
  await until(
    'every event is matched and every handoff has ended',
    async () => {
      await system.keepSecondWorker();
      const { events, handoffs } = await status();
      const open = handoffs.filter(({ bySide }) => Object.values(bySide).some((tally) => tally.open > 0));
      const left = open.map(({ handoff }) => handoff).join(', ');
      if (events.pending > 0 || left !== '') throw new Error(`${events.pending} events are pending; open: ${left}`);
      return true;
    },
    180_000,
  );
}

function status(): Promise<MigrationStatus> {
  return system.call('engineer-1', `/v1/migrations/${ID}`);
}

function missedOf({ handoffs }: Pick<MigrationStatus, 'handoffs'>): number {
  const sides = handoffs.flatMap(({ bySide }) => Object.values(bySide));
  return sides.reduce((sum, { missed }) => sum + missed, 0);
}

async function cases(queue: string): Promise<ExceptionEntry[]> {
  const path = `/v1/migrations/${ID}/exceptions?queue=${queue}&limit=1000`;
  return (await system.call<ExceptionPage>('engineer-1', path)).exceptions;
}

const queues = [...new Set(STORIES.map(({ queue }) => queue))];
const requirementsOf = (queue: string): string =>
  [...new Set(STORIES.filter((story) => story.queue === queue).map(({ requirement }) => requirement))].join(' ');

describe('with duplicates, in any order, two workers, and the API, each worker, Postgres and Temporal killed in the middle', () => {
  it('I5 stores every event once', async () => {
    const { events } = await status();
    expect(events.stored).toBe(sent.events);
    expect(sent.stored).toBeLessThanOrEqual(sent.events);
    expect(events.matched + events.unlistened).toBe(sent.events);
  });

  it.each(queues.map((queue) => [requirementsOf(queue), queue]))(
    '%s opens in %s exactly one case for each patient who was dropped, and none for the rest',
    async (_requirement, queue) => {
      const dropped = patients.filter(({ story, dropped }) => dropped && story.queue === queue);
      expect(dropped.length).toBe(
        STORIES.filter((story) => story.queue === queue).reduce((sum, story) => sum + story.dropped, 0),
      );
      const opened = (await cases(queue)).map(({ journey }) => journey);
      expect(opened.sort()).toEqual(dropped.map(({ journey }) => journey).sort());
    },
  );

  it('opens no case in any other queue', async () => {
    const board = (await status()).queues.filter(({ open, resolved }) => open + resolved > 0);
    expect(board.map(({ queue }) => queue).sort()).toEqual([...queues].sort());
  });

  it('releases whoever was refunded after three minutes, and whoever left the portal', async () => {
    const released = (await status()).handoffs.flatMap(({ handoff, bySide }) =>
      bySide.unplaced.released + bySide.legacy.released === 0
        ? []
        : [[handoff, bySide.unplaced.released + bySide.legacy.released]],
    );
    expect(released).toEqual([
      ['payment-to-provider-routing', 6],
      ['login-to-portal', 4],
    ]);
  });

  it('I6 each handoff that started has ended once, each missed one with exactly one case', async () => {
    const { handoffs } = await status();
    const ofHandoffs = (await Promise.all(queues.map(cases))).flat().filter(({ handoff }) => handoff !== null);
    expect(new Set(ofHandoffs.map(({ cause }) => cause)).size).toBe(ofHandoffs.length);
    expect(ofHandoffs.length).toBe(missedOf({ handoffs }));
  });

  it('I13 writes each case into the audit log once', async () => {
    const opened: string[] = [];
    for (let after: number | null = 0; after !== null;) {
      const path: string = `/v1/migrations/${ID}/audit?limit=1000&after=${after}`;
      const page: AuditPage = await system.call<AuditPage>('engineer-1', path);
      opened.push(...page.entries.filter(({ action }) => action === 'exception.opened').map(({ id }) => String(id)));
      after = page.next;
    }
    expect(opened.length).toBe(patients.filter(({ dropped }) => dropped).length);
  });
});
