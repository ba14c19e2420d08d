import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { prefixOf } from '../../../domain/sides/key-grammar';
import { JOURNEY_EVENTS, JOURNEY_EVENT_TYPES } from '../../../sandbox/journey/journey-events';
import type { DroppedAnswer, SandboxState } from '../../../sandbox/control/control-contract';
import { start, type RunningSandbox } from '../../../sandbox/main';
import type { RunState } from '../../../sandbox/runs/run-state';
import { until } from '../../setup/until';
import { ProductDouble, type ReceivedEvent } from './product-double';

/** A minute of the plan in 10 ms: patients come and go within a second. */
const TIME_SCALE = 6_000;

describe('the sandbox', () => {
  let product: ProductDouble;
  let sandbox: RunningSandbox;
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sandbox-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  beforeEach(async () => {
    product = new ProductDouble();
    await product.open();
    sandbox = await startSandbox(false);
  });
  afterEach(async () => {
    await sandbox.stop();
    await product.close();
  });

  function startSandbox(demo: boolean): Promise<RunningSandbox> {
    const ports = { controlPort: 0, legacyPort: 0, targetPort: 0 };
    return start({ handoffUrl: product.url, token: 'stack-token', ...ports, demo, logLevel: 'silent' });
  }

  async function control<Answer>(
    method: string,
    path: string,
    body?: unknown,
  ): Promise<{ status: number; body: Answer }> {
    const response = await fetch(new URL(path, sandbox.controlUrl), {
      method,
      headers: { 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: (await response.json()) as Answer };
  }

  const state = async (): Promise<SandboxState> => (await control<SandboxState>('GET', '/state')).body;
  const runOf = async (migration: string): Promise<RunState> => {
    const run = (await state()).runs.find((each) => each.migration === migration);
    if (run === undefined) throw new Error('No such run.');
    return run;
  };

  /** Lets patients arrive until `enough`, then waits until each has left and every event is acknowledged. */
  async function letPatientsThrough(enough: (run: RunState) => boolean, seed = 'a seed'): Promise<void> {
    const started = await control('POST', '/runs', {
      kind: 'payment',
      migration: 'm',
      phase: 'payment',
      timeScale: TIME_SCALE,
      seed,
      patientsPerHour: 100,
      prefixes: { patient: 'pat', episode: 'ep', subscription: 'sub' },
    });
    expect(started.status).toBe(201);
    await until('enough patients to have come', async () => enough(await runOf('m')));
    await control('DELETE', '/runs/m');
    await settled();
  }

  async function settled(): Promise<void> {
    await until('patients, stacks and outboxes to come to rest', async () => {
      const last = await state();
      const busy = Object.values(last.stacks).some(({ underway }) => (underway['m'] ?? 0) > 0);
      const pending = Object.values(last.events['m'] ?? {}).some((counts) => counts.pending > 0);
      return !busy && !pending && last.runs.every(({ status }) => status === 'finished' || status === 'failed');
    });
  }

  function byJourney(): Map<string, ReceivedEvent[]> {
    const journeys = new Map<string, ReceivedEvent[]>();
    for (const event of product.events) journeys.set(event.journey, [...(journeys.get(event.journey) ?? []), event]);
    return journeys;
  }

  it('leads each patient through the stack of their side: paid, told the next step, routed, or released', async () => {
    await letPatientsThrough(({ patients }) => patients.arrived >= 250);
    const { events, runs } = await state();
    const sides = events['m'];
    if (sides === undefined) throw new Error('No events were counted.');
    expect(sides.legacy.acknowledged + sides.target.acknowledged).toBe(product.stored.size);
    expect(sides.legacy.emitted + sides.target.emitted).toBe(product.stored.size);
    const patients = runs[0]?.patients;
    if (patients === undefined) throw new Error('No run was kept.');
    expect(patients.bySide.legacy + patients.bySide.target).toBe(patients.arrived);
    expect(Object.values(patients.ends).reduce((sum, count) => sum + count, 0)).toBe(patients.arrived);

    const askedSide = new Map(product.asked.map(({ context, answered }) => [context['journey'], answered]));
    let [kept, released] = [0, 0];
    for (const [journey, events] of byJourney()) {
      expect(new Set(events.map(({ source }) => source.split('/')[1]))).toEqual(new Set([askedSide.get(journey)]));
      const types = events.map(({ type }) => type);
      if (!types.includes('payment.succeeded')) continue;
      const ended = types.includes('patient.withdrew') || types.includes('payment.refunded');
      // Either a provider has the case, or it ended before one had it; never both, never neither.
      expect(types.includes('review.assigned')).toBe(!ended);
      if (ended) released += 1;
      else {
        kept += 1;
        expect(types.filter((type) => type === 'message.delivered')).toHaveLength(1);
        const at = (type: string): number => Date.parse(events.find((event) => event.type === type)?.time ?? '');
        expect((at('review.assigned') - at('payment.succeeded')) * TIME_SCALE).toBeLessThanOrEqual(5 * 60_000);
      }
    }
    expect(kept).toBeGreaterThan(200);
    expect(released).toBeGreaterThan(0);
  });

  it('gives the same seed the same patients with the same keys', async () => {
    await letPatientsThrough(({ patients }) => patients.arrived >= 20, 'same');
    const first = new Map(product.asked.map(({ context }) => [context['journey'], context]));
    product.asked.length = 0;
    await sandbox.stop();
    sandbox = await startSandbox(false);
    await letPatientsThrough(({ patients }) => patients.arrived >= 20, 'same');
    const both = product.asked.filter(({ context }) => first.has(context['journey']));
    expect(both.length).toBeGreaterThanOrEqual(20);
    for (const { context } of both) expect(context).toEqual(first.get(context['journey']));
  });

  it('loses with a drop fault exactly the events it names, on its side, and knows whose they were', async () => {
    await control('PUT', '/faults', { faults: [{ kind: 'drop', side: 'target', eventTypes: ['review.assigned'] }] });
    await letPatientsThrough(({ patients }) => patients.arrived >= 80);
    const { legacy, target } = (await control<DroppedAnswer>('GET', '/dropped/m')).body;
    const unrouted = [...byJourney()].filter(([, events]) => {
      const types = events.map(({ type }) => type);
      return (
        types.includes('payment.succeeded') &&
        !['review.assigned', 'payment.refunded', 'patient.withdrew'].some((type) => types.includes(type))
      );
    });
    expect(legacy).toEqual([]);
    expect(target.length).toBeGreaterThan(10);
    expect(target.map(({ journey }) => journey).sort()).toEqual(unrouted.map(([journey]) => journey).sort());
    expect((await state()).events['m']?.target.droppedByType).toEqual({ 'review.assigned': target.length });
  });

  it('refuses connections while a stack is down, and does what it owes once it is back', async () => {
    const before = await state();
    await letPatientsThrough(({ patients }) => patients.arrived >= 10);
    await control('PUT', '/faults', { faults: [{ kind: 'down', side: 'target' }] });
    await expect(fetch(`${before.stacks.target.url}/healthz`)).rejects.toThrow();
    expect((await state()).stacks).toMatchObject({ legacy: { up: true }, target: { up: false } });
    await letPatientsThrough(({ patients }) => (patients.ends['gaveUp'] ?? 0) >= 3, 'while down');
    const whileDown = product.events.length;
    await control('PUT', '/faults', { faults: [] });
    const back = await fetch(`${before.stacks.target.url}/healthz`);
    expect(back.status).toBe(200);
    await letPatientsThrough(({ patients }) => patients.bySide.target >= 5, 'back');
    expect(product.events.slice(whileDown).some(({ source }) => source.startsWith('/target/'))).toBe(true);
  });

  it('makes one side slow by the time it is told', async () => {
    const slow = { kind: 'slow', side: 'target', by: '15m', eventTypes: ['review.assigned'] };
    await control('PUT', '/faults', { faults: [slow] });
    await letPatientsThrough(({ patients }) => patients.arrived >= 60);
    for (const events of byJourney().values()) {
      const paid = events.find(({ type }) => type === 'payment.succeeded');
      const routed = events.find(({ type }) => type === 'review.assigned');
      if (paid === undefined || routed === undefined) continue;
      const took = (Date.parse(routed.time) - Date.parse(paid.time)) * TIME_SCALE;
      if (routed.source.startsWith('/target/')) expect(took).toBeGreaterThanOrEqual(15 * 60_000);
      else expect(took).toBeLessThan(10 * 60_000);
    }
  });

  it('lets a patient who hears of no side ask again, and leave when nobody ever answers', async () => {
    let asked = 0;
    product.sideOf = () => (asked++ < 12 ? 'unavailable' : 'legacy');
    await letPatientsThrough(({ patients }) => patients.bySide.legacy >= 3);
    const { patients } = await runOf('m');
    expect(patients.bySide.legacy).toBe(product.asked.length);
    expect((patients.ends['noSide'] ?? 0) + patients.bySide.legacy).toBe(patients.arrived);
  });

  describe('with a recorded log', () => {
    const DAY = 86_400_000;
    const from = Date.parse('2011-10-01T00:00:00Z');
    const rows: [string, string, number][] = [
      ['173688', 'A_SUBMITTED', 0],
      ['173691', 'A_SUBMITTED', 1_000],
      ['173688', 'W_Completeren aanvraag', 0.5 * DAY],
      ['173688', 'W_Completeren aanvraag', 0.5 * DAY],
      ['173691', 'A_DECLINED', DAY],
      ['173700', 'A_SUBMITTED', 2 * DAY],
      ['173688', 'A_ACCEPTED', 3 * DAY],
    ];
    const timeScale = DAY / 250;

    async function replay(days: number): Promise<RunState> {
      const log = join(folder, 'log.csv.gz');
      const text = rows.map(([id, activity, at]) => `${id},${activity},COMPLETE,${new Date(from + at).toISOString()}`);
      await writeFile(log, gzipSync(`case_id,activity,lifecycle,timestamp\n${text.join('\n')}\n`));
      const { status, body } = await control<{ run: RunState }>('POST', '/runs', {
        kind: 'recorded',
        migration: 'm',
        phase: 'application',
        timeScale,
        seed: 'a seed',
        log,
        days,
        prefixes: { patient: 'applicant', episode: 'application' },
        sources: { legacy: '/legacy/funnel', target: '/target/funnel' },
      });
      expect(status).toBe(201);
      await settled();
      return { ...(await runOf('m')), startedAt: body.run.startedAt };
    }

    it('does each case again at the stack of its side, at the log’s own times', async () => {
      const run = await replay(2.5);
      expect(run).toMatchObject({
        status: 'finished',
        patients: { arrived: 3, bySide: { legacy: 2, target: 1 }, ends: { walkedThrough: 3 }, present: 0 },
        recorded: { due: 6, done: 6, undone: 0 },
      });
      expect(product.asked.map(({ flag }) => flag)).toEqual(Array(3).fill('m.application'));
      const startedAt = Date.parse(run.startedAt);
      const seen = product.events
        .map(({ type, time, sequence }) => [type, Date.parse(time) - startedAt, sequence])
        .sort((one, other) => Number(one[1]) - Number(other[1]) || Number(one[2]) - Number(other[2]));
      expect(seen).toEqual([
        ['A_SUBMITTED.COMPLETE', 0, '0'],
        ['A_SUBMITTED.COMPLETE', 0, '0'],
        ['W_Completeren-aanvraag.COMPLETE', 125, '1'],
        ['W_Completeren-aanvraag.COMPLETE', 125, '2'],
        ['A_DECLINED.COMPLETE', 250, '1'],
        ['A_SUBMITTED.COMPLETE', 500, '0'],
      ]);
      for (const { journey, subject, source } of product.events) {
        expect([prefixOf(journey), prefixOf(subject)]).toEqual(['application', 'applicant']);
        expect(`${journey}${subject}`).not.toMatch(/1736|1737/);
        const side = product.asked.find(({ context }) => context['journey'] === journey)?.answered;
        expect(source).toBe(`/${side ?? 'no'}/funnel`);
      }
    });

    it('does an activity later where its stack is down, never before the one before it', async () => {
      product.sideOf = () => 'target';
      await control('PUT', '/faults', { faults: [{ kind: 'down', side: 'target' }] });
      const replayed = replay(4);
      await until('three cases to have asked', () => product.asked.length === 3);
      await control('PUT', '/faults', { faults: [] });
      expect((await replayed).recorded).toMatchObject({ due: 7, done: 7, undone: 0 });
      expect(product.events).toHaveLength(7);
      for (const events of byJourney().values()) {
        const times = [...events]
          .sort((one, other) => Number(one.sequence) - Number(other.sequence))
          .map(({ time }) => time);
        expect(times).toEqual([...times].sort());
      }
    });

    it('says why where the log cannot be read, and counts what was done before', async () => {
      const { body } = await control<{ run: RunState }>('POST', '/runs', {
        kind: 'recorded',
        migration: 'm',
        phase: 'application',
        timeScale,
        log: join(folder, 'nowhere.csv'),
        prefixes: { patient: 'applicant', episode: 'application' },
        sources: { legacy: '/legacy/funnel', target: '/target/funnel' },
      });
      expect(body.run.migration).toBe('m');
      await settled();
      expect(await runOf('m')).toMatchObject({
        status: 'failed',
        failure: expect.stringContaining('no event log') as string,
      });
    });
  });

  it('refuses what it cannot read, without repeating it', async () => {
    const bad = await control<{ code: string; detail: string }>('PUT', '/faults', {
      faults: [{ kind: 'drop', side: 'sideways', eventTypes: [] }],
    });
    expect(bad).toMatchObject({ status: 400, body: { code: 'bad-sandbox-request' } });
    expect(bad.body.detail).not.toContain('sideways');
    expect((await control('DELETE', '/runs/nobody')).status).toBe(404);
    const { stacks } = await state();
    const stranger = await fetch(`${stacks.legacy.url}/checkout`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"migration":',
    });
    expect(stranger.status).toBe(400);
  });

  it('lets nobody in twice for one migration at a time', async () => {
    const run = {
      kind: 'payment',
      migration: 'm',
      phase: 'payment',
      timeScale: TIME_SCALE,
      patientsPerHour: 60,
      prefixes: { patient: 'pat', episode: 'ep', subscription: 'sub' },
    };
    expect((await control('POST', '/runs', run)).status).toBe(201);
    expect(await control('POST', '/runs', run)).toMatchObject({ status: 409, body: { code: 'run-under-way' } });
    await control('DELETE', '/runs/m');
    await settled();
  });

  it('lets patients come by themselves to a live payment migration, to no other, and no longer than it lives', async () => {
    const live = (id: string, kind: string, handoffs: string[]): void => {
      product.answers.set(`/v1/migrations/${id}`, {
        state: 'live',
        timeScale: TIME_SCALE,
        phases: [{ phase: kind, kind, unit: 'subscription' }],
        handoffs: handoffs.map((handoff) => ({ handoff })),
      });
    };
    const speaks = ['payment-to-provider-routing', 'payment-to-next-step-message'];
    live('shown', 'payment', speaks);
    live('rehearsal-1', 'payment', speaks);
    live('other', 'intake', speaks);
    live('foreign', 'payment', speaks.slice(1));
    const list = (shown: string): void => {
      const ids = ['rehearsal-1', 'other', 'foreign'].map((migration) => ({ migration, state: 'live' }));
      product.answers.set('/v1/migrations', { migrations: [{ migration: 'shown', state: shown }, ...ids] });
    };
    list('live');
    await sandbox.stop();
    sandbox = await startSandbox(true);
    await until('patients to come by themselves', () => product.asked.length > 5);
    expect((await state()).runs.map(({ migration }) => migration)).toEqual(['shown']);
    list('ended');
    await until('nobody to come any more', async () => (await runOf('shown')).status === 'finished');
  });

  it('lets patients go the whole way by themselves where the plan of a live migration speaks of it, in its own words', async () => {
    const events = Object.fromEntries(
      JOURNEY_EVENT_TYPES.map((type) => [type, Object.keys(JOURNEY_EVENTS[type].data)]),
    );
    const phases = [
      { phase: 'doors', kind: 'intake', unit: 'episode' },
      { phase: 'money', kind: 'payment', unit: 'subscription' },
    ];
    const handoffs = [{ handoff: 'payment-to-provider-routing' }, { handoff: 'payment-to-next-step-message' }];
    const keys = { patient: 'person', episode: 'visit', subscription: 'plan' };
    const live = { state: 'live', timeScale: TIME_SCALE, phases, handoffs };
    const { 'intake.submitted': _, ...withoutIntake } = events;
    product.answers.set('/v1/migrations/whole', { ...live, accepts: { keys, events } });
    product.answers.set('/v1/migrations/part', { ...live, accepts: { keys, events: withoutIntake } });
    product.answers.set('/v1/migrations', {
      migrations: ['whole', 'part'].map((migration) => ({ migration, state: 'live' })),
    });
    await sandbox.stop();
    sandbox = await startSandbox(true);
    await until('patients of both kinds', async () => {
      const { runs } = await state();
      return runs.length === 2 && runs.every(({ patients }) => patients.bySide.legacy + patients.bySide.target > 2);
    });
    expect(await runOf('whole')).toMatchObject({
      kind: 'journey',
      journey: { phases: { intake: 'doors', payment: 'money' } },
    });
    expect(await runOf('part')).toMatchObject({ kind: 'payment', phase: 'money' });
    const asked = product.asked.find(({ flag }) => flag === 'whole.doors');
    expect(prefixOf(asked?.context['targetingKey'] ?? '')).toBe('visit');
    expect(asked?.context).not.toHaveProperty('visitor');
  });
});
