import { KIND_DECLARATIONS } from '../../domain/journey-kinds/kind-declarations';
import { JOURNEY_KINDS, type JourneyKind } from '../../domain/plan/journey';
import type { Side } from '../../domain/sides/side';
import { parseDuration } from '../../domain/time/duration';
import { JOURNEY_EVENTS, sourceOf, type JourneyEventType } from '../../sandbox/journey/journey-events';
import { until } from '../setup/until';
import { JOURNEY_SCALE, JourneyWorld, PHASES } from '../integration/sandbox/journey-world';
import type { ReceivedEvent } from '../integration/sandbox/product-double';

const HANDOFFS = JOURNEY_KINDS.flatMap((kind) => KIND_DECLARATIONS[kind].handoffs).map((handoff) => ({
  ...handoff,
  unless: handoff.unless ?? [],
  deadline: parseDuration(handoff.within) ?? 0,
}));

/** Journeys in which a handoff started and neither ended nor, within its deadline, was released, reckoned from the events alone. */
function unended(
  journeys: ReadonlyMap<string, readonly ReceivedEvent[]>,
  handoff: (typeof HANDOFFS)[number],
  timeScale = JOURNEY_SCALE,
): string[] {
  return [...journeys]
    .filter(([, events]) => {
      if (events.every(({ type }) => type !== handoff.start)) return false;
      return !events.some(({ type }) => handoff.end.includes(type)) && !isReleased(events, handoff, timeScale);
    })
    .map(([journey]) => journey)
    .sort();
}

/** Whether a handoff that started was released within its deadline. */
function isReleased(
  events: readonly ReceivedEvent[],
  handoff: (typeof HANDOFFS)[number],
  timeScale = JOURNEY_SCALE,
): boolean {
  const start = events.find(({ type }) => type === handoff.start);
  const due = Date.parse(start?.time ?? '') + handoff.deadline / timeScale;
  return events.some(({ type, time }) => handoff.unless.includes(type) && Date.parse(time) <= due + 2);
}

const sideOf = ({ source }: ReceivedEvent): Side => (source.startsWith('/target/') ? 'target' : 'legacy');

/** Parts that follow an edge of the journey, each with the part that its work comes from. */
const EDGES: Partial<Record<JourneyEventType, JourneyKind>> = {
  'intake.opened': 'frontDoor',
  'chart.created': 'intake',
  'review.assigned': 'payment',
  'tracking.visible': 'providerRouting',
};

describe('patients who go the whole way', () => {
  let world: JourneyWorld;
  beforeEach(async () => {
    world = new JourneyWorld();
    await world.open();
  });
  afterEach(() => world.close());

  it('keep every handoff well within its deadline, each event said once by a system of the side they were told', async () => {
    const timeScale = 6_000;
    await world.letThrough(220, { timeScale, visitorsPerHour: 40 });
    const { patients, journey } = await world.run();
    const { events, stacks } = await world.state();
    const sent = Object.values(events['m'] ?? {});
    expect(sent.reduce((sum, { acknowledged }) => sum + acknowledged, 0)).toBe(world.product.stored.size);
    expect(sent.every(({ emitted, acknowledged, dropped }) => emitted === acknowledged && dropped === 0)).toBe(true);
    expect(Object.values(stacks).map(({ underway }) => underway['m'] ?? 0)).toEqual([0, 0]);
    expect(Object.values(patients.ends).reduce((sum, count) => sum + count, 0)).toBe(patients.arrived);
    expect(Object.keys(patients.ends)).toEqual(expect.arrayContaining(['cameToPortal', 'leftLanding', 'abandoned']));
    expect(patients.ends).not.toHaveProperty('lost');

    const journeys = world.journeys();
    const started = new Map<string, number>();
    for (const handoff of HANDOFFS) {
      expect({ handoff: handoff.id, unended: unended(journeys, handoff, timeScale) }).toEqual({
        handoff: handoff.id,
        unended: [],
      });
      for (const seen of journeys.values()) {
        const start = seen.find(({ type }) => type === handoff.start);
        if (start === undefined) continue;
        started.set(handoff.id, (started.get(handoff.id) ?? 0) + 1);
        const after = (types: readonly string[]): ReceivedEvent | undefined =>
          seen.slice(seen.indexOf(start)).find(({ type }) => types.includes(type));
        if (after(handoff.unless) !== undefined && !after(handoff.end)) continue;
        const end = after(handoff.end);
        // Each end comes after its start; a millisecond of rounding is six seconds of the plan.
        const took = (Date.parse(end?.time ?? '') - Date.parse(start.time)) * timeScale;
        if (handoff.id === 'approved-to-acknowledged' && seen.some(({ type }) => type === 'prescription.rejected'))
          continue;
        expect(took).toBeLessThanOrEqual(handoff.deadline / 2 + 2 * timeScale);
      }
    }
    for (const id of ['click-to-intake', 'intake-to-chart', 'payment-to-provider-routing', 'refill-to-decision']) {
      expect(started.get(id)).toBeGreaterThan(30);
    }

    const told = new Map(JOURNEY_KINDS.map((part) => [part, world.told(PHASES[part])]));
    const said = world.product.events.map((event) => ({
      ...event,
      declared: JOURNEY_EVENTS[event.type as JourneyEventType],
    }));
    for (const event of said) {
      if (event.type.startsWith('support.')) continue;
      const side = told.get(event.declared.part)?.get(event.journey);
      if (side === undefined) throw new Error(`${event.type} was said of somebody who was told no side.`);
      expect(event.source).toBe(sourceOf(side, event.declared.system));
    }
    // A person is asked for once in each phase, and told what was counted.
    for (const part of JOURNEY_KINDS) {
      const sides = [...(told.get(part)?.values() ?? [])];
      const flags = world.product.asked.filter(({ flag }) => flag === `m.${PHASES[part]}`);
      expect(flags).toHaveLength(sides.length);
      expect(journey.told[PHASES[part]]).toEqual({
        legacy: sides.filter((side) => side === 'legacy').length,
        target: sides.filter((side) => side === 'target').length,
        noSide: 0,
      });
    }
    for (const phase of Object.values(PHASES)) {
      const rows = journey.cohorts.filter((row) => row.phase === phase);
      expect(rows.reduce((sum, { legacy, target }) => sum + legacy + target, 0)).toBe(world.told(phase).size);
    }

    // Work is handed over exactly where the sides of two parts differ.
    for (const [type, from] of Object.entries(EDGES)) {
      const crossed = said.filter(
        (event) => event.type === type && told.get(from)?.get(event.journey) !== sideOf(event),
      );
      const counted = journey.bridges[type] ?? { 'target→legacy': 0, 'legacy→target': 0 };
      expect({ type, ...counted }).toEqual({
        type,
        'target→legacy': crossed.filter((event) => sideOf(event) === 'legacy').length,
        'legacy→target': crossed.filter((event) => sideOf(event) === 'target').length,
      });
      expect(crossed.length).toBeGreaterThan(10);
    }
  }, 120_000);

  it('cross no bridge while both stacks are not needed, and ask nobody about a part that no phase moves', async () => {
    world.product.sideOf = () => 'target';
    const { intake, providerRouting } = PHASES;
    await world.letThrough(60, { phases: { intake, providerRouting } });
    const { journey } = await world.run();
    expect(Object.keys(journey.told).sort()).toEqual([intake, providerRouting].sort());
    const parts = new Map<string, Set<Side>>();
    for (const event of world.product.events) {
      const { part } = JOURNEY_EVENTS[event.type as JourneyEventType];
      parts.set(part, new Set([...(parts.get(part) ?? []), sideOf(event)]));
    }
    expect(Object.fromEntries([...parts].map(([part, sides]) => [part, [...sides]]))).toEqual({
      frontDoor: ['legacy'],
      intake: ['target'],
      payment: ['legacy'],
      providerRouting: ['target'],
      portalRefills: ['legacy'],
    });
    expect(Object.keys(journey.bridges)).not.toContain('chart.created');
    expect(journey.bridges['intake.opened']?.['legacy→target']).toBeGreaterThan(0);
    expect(journey.bridges['intake.opened']?.['target→legacy']).toBe(0);
  });

  it('say only what the plan speaks of', async () => {
    await world.letThrough(40, { events: { 'payment.succeeded': ['program'], 'review.assigned': [] } });
    expect(new Set(world.product.events.map(({ type }) => type))).toEqual(
      new Set(['payment.succeeded', 'review.assigned']),
    );
    for (const { type, data } of world.product.events) {
      expect(Object.keys(data)).toEqual(type === 'payment.succeeded' ? ['program'] : []);
    }
  });

  it('go on to their end, sides and all, when nobody new is let in', async () => {
    await world.letIn({ timeScale: 6_000, visitorsPerHour: 60 });
    await until('some to be on their way', async () => (await world.run()).patients.present >= 20);
    await world.ask('DELETE', '/runs/m');
    await world.rest();
    const { patients, journey } = await world.run();
    expect(patients.ends).not.toHaveProperty('noSide');
    expect(patients.present).toBe(0);
    expect(Object.values(journey.told).every(({ noSide }) => noSide === 0)).toBe(true);
    for (const handoff of HANDOFFS) expect(unended(world.journeys(), handoff, 6_000)).toEqual([]);
  });

  /** Several faults of one run, each for patients of a state of its own, so that none hides another. */
  const DROPS: Record<string, { CA: string; FL: string; NY: string; TX: string; WA: string }> = {
    'at the start': {
      CA: 'intake.opened',
      FL: 'crm.staged',
      NY: 'chart.created',
      TX: 'message.delivered',
      WA: 'portal.loggedIn',
    },
    'in care': {
      CA: 'review.assigned',
      FL: 'review.approved',
      NY: 'prescription.acknowledged',
      TX: 'order.shipped',
      WA: 'tracking.visible',
    },
    'in the portal': {
      CA: 'history.shown',
      FL: 'refill.decided',
      NY: 'support.answered',
      TX: 'portal.loginRequested',
      WA: 'refill.requested',
    },
  };

  it.each(Object.keys(DROPS))(
    'lose with a fault exactly the work it names, of the patients and on the side it names (%s)',
    async (where) => {
      const drops = Object.entries(DROPS[where] ?? {});
      await world.faults(
        ...drops.map(([state, type]) => ({
          kind: 'drop' as const,
          side: 'target' as const,
          eventTypes: [type],
          migration: 'm',
          where: { state: [state as 'CA'] },
        })),
      );
      // So many that each fault meets some of them, however sides and habits fall.
      await world.letThrough(600, { mix: { state: { CA: 1, FL: 1, NY: 1, TX: 1, WA: 1 } } });
      const { legacy, target } = await world.dropped();
      expect(legacy).toEqual([]);
      const journeys = world.journeys();
      for (const [state, type] of drops) {
        const lost = target.filter((event) => event.type === type);
        if (type !== 'support.answered') expect(lost.length).toBeGreaterThan(3);
        for (const { journey, attributes, part, phase } of lost) {
          expect(attributes?.state).toBe(state);
          expect(phase).toBe(PHASES[part ?? 'frontDoor']);
          expect(journeys.get(journey)?.map((event) => event.type) ?? []).not.toContain(type);
        }
      }
      expect(target.every(({ type }) => drops.some(([, dropped]) => dropped === type))).toBe(true);
      for (const handoff of HANDOFFS) {
        // A prescription that was rejected, and is acknowledged elsewhere, was released before its acknowledgement is lost.
        const lost = target
          .filter(({ type }) => handoff.end.includes(type))
          .filter(({ journey }) => !isReleased(journeys.get(journey) ?? [], handoff))
          .map(({ journey }) => journey);
        expect({ handoff: handoff.id, unended: unended(journeys, handoff) }).toEqual({
          handoff: handoff.id,
          unended: lost.sort(),
        });
      }
    },
    120_000,
  );

  it('lose on a bridge only what came over it', async () => {
    await world.faults({ kind: 'drop', side: 'legacy', eventTypes: ['review.assigned'], lane: 'bridge' });
    await world.letThrough(160, { mix: { relation: { new: 1 } } });
    const { legacy, target } = await world.dropped();
    expect(target).toEqual([]);
    expect(legacy.length).toBeGreaterThan(5);
    const paid = world.told(PHASES.payment);
    for (const lost of legacy) {
      expect([lost.lane, lost.from, paid.get(lost.journey)]).toEqual(['bridge', 'target', 'target']);
    }
    const { bridges } = (await world.run()).journey;
    expect(bridges['review.assigned']?.['target→legacy']).toBe(legacy.length);
    const routed = world.product.events.filter(
      ({ type, source }) => type === 'review.assigned' && source === '/legacy/crm',
    );
    expect(routed.length).toBeGreaterThan(0);
    for (const { journey } of routed) expect(paid.get(journey)).toBe('legacy');
  });

  it('are made late by a slow stack, by what it says and no more; the list names them', async () => {
    await world.faults({ kind: 'slow', side: 'target', by: '2h', eventTypes: ['review.assigned'] });
    await world.letThrough(120, { mix: { relation: { new: 1 } } });
    const slowed = (await world.slowed()).target;
    expect(slowed.length).toBeGreaterThan(5);
    const late = new Set(slowed.map(({ journey }) => journey));
    expect(slowed.every(({ by, type }) => by === 7_200_000 && type === 'review.assigned')).toBe(true);
    for (const [journey, events] of world.journeys()) {
      const at = (type: string): number => Date.parse(events.find((event) => event.type === type)?.time ?? '');
      const took = (at('review.assigned') - at('payment.succeeded')) * JOURNEY_SCALE;
      if (Number.isNaN(took)) continue;
      // Two milliseconds of rounding are four minutes of the plan here.
      if (late.has(journey)) expect(took).toBeGreaterThanOrEqual(7_200_000 - 2 * JOURNEY_SCALE);
      else expect(took).toBeLessThan(10 * 60_000);
    }
    expect((await world.dropped()).target).toEqual([]);
  });

  it('find a stack out of order, and what is handed to it waits until it is back', async () => {
    // Only review is on target: patients themselves never meet the stack that is down.
    world.product.sideOf = () => 'target';
    await world.faults({ kind: 'down', side: 'target' });
    // Slower, so that nobody's patience ends before the stack is back.
    const timeScale = 12_000;
    await world.letIn({
      ...{ timeScale, visitorsPerHour: 40 },
      ...{ phases: { providerRouting: PHASES.providerRouting }, mix: { relation: { new: 1 } } },
    });
    await until(
      'some to have paid',
      async () => ((await world.state()).events['m']?.legacy.emittedByType['payment.succeeded'] ?? 0) >= 10,
    );
    await world.ask('DELETE', '/runs/m');
    expect(world.product.events.some((event) => sideOf(event) === 'target')).toBe(false);
    await world.faults();
    await world.rest();
    for (const handoff of HANDOFFS) expect(unended(world.journeys(), handoff, timeScale)).toEqual([]);
    expect((await world.run()).patients.ends).not.toHaveProperty('gaveUp');
    expect(world.product.events.filter(({ type }) => type === 'review.assigned').length).toBeGreaterThanOrEqual(8);
  }, 120_000);

  it('give up on a stack that stays down, and on a product that tells nobody a side; both are counted', async () => {
    world.product.sideOf = () => 'target';
    await world.faults({ kind: 'down', side: 'target' });
    await world.letIn();
    await until('some to give up', async () => ((await world.run()).patients.ends['gaveUp'] ?? 0) >= 5);
    expect((await world.run()).patients.ends).not.toHaveProperty('cameToPortal');
    await world.ask('DELETE', '/runs/m');
    await world.faults();
    await world.rest();
  });

  describe('on the landing page', () => {
    const page = async (side: Side, path = '/landing'): Promise<Response> =>
      fetch(new URL(path, (await world.state()).stacks[side].url), { redirect: 'manual' });

    it('find a page that leads to intake; a probe sees the same, and nothing is said of it', async () => {
      for (const side of ['legacy', 'target'] as const) {
        const landing = await page(side);
        const html = await landing.text();
        expect([landing.status, landing.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
        const link = /<a id="start" href="([^"]+)">/.exec(html)?.[1] ?? '';
        const click = await page(side, link);
        expect([click.status, click.headers.get('location')]).toEqual([303, '/intake']);
        const intake = await page(side, '/intake');
        expect(intake.status).toBe(200);
        expect(await intake.text()).toContain('<form id="intake"');
      }
      expect(world.product.stored.size).toBe(0);
    });

    it.each([
      [{ answers: 'status' as const }, 500, null],
      [{ answers: 'status' as const, status: 404 }, 404, null],
      [{ answers: 'redirect' as const }, 302, '/parked'],
      [{ answers: 'wrongHost' as const }, 302, 'http://localhost:'],
    ])(
      'break as %j says, on its side alone',
      async (fault, status, location) => {
        await world.faults({ kind: 'page', side: 'target', ...fault });
        const broken = await page('target');
        expect(broken.status).toBe(status);
        if (location === null) expect(broken.headers.get('location')).toBeNull();
        else expect(broken.headers.get('location')).toContain(location);
        expect((await page('legacy')).status).toBe(200);
        expect((await page('target', '/intake')).status).toBe(200);
        world.product.sideOf = () => 'target';
        await world.letThrough(10, { mix: { relation: { new: 1 } } });
        const { patients } = await world.run();
        expect(patients.ends).toEqual({ leftLanding: patients.arrived });
        expect(world.product.stored.size).toBe(0);
      },
      60_000,
    );
  });
});
