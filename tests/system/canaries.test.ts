import { Canaries } from './canaries/canaries';
import { CanarySystem, MIGRATION } from './canaries/canary-system';
import { hookPayloads, someKeys } from './canaries/hook-payloads';
import { allIsDone, readAll } from './canaries/look-everywhere';
import { CONTROL_ON_DISK, CONTROLS, plantControls } from './canaries/plant-controls';
import { playEvents } from './canaries/play-events';
import { deliverBad, deliverPlanted, sayElsewhere, type Meant } from './canaries/play-hooks';
import { foundIn, foundOnDisk, PLACES, placesOf, type Places } from './canaries/search-everywhere';
import { payUnanswered, sendAgain } from './canaries/send-again';
import { VendorReader } from './canaries/vendor-reader';

/** Of what must be nowhere, and of what the test itself puts everywhere, to see that it would be found. */
const canaries = new Canaries();
const controls = new Canaries();
/** Of a patient whose key is kept. */
const keys = someKeys();

let world: CanarySystem;
let places: Places;
let meant: Meant[];
let bad: Record<string, number[]>;
let events: number[];

beforeAll(async () => {
  world = await CanarySystem.start();
  const reader = new VendorReader(world.plan, canaries);
  const payloads = hookPayloads(keys);
  meant = [];
  for (const payload of payloads) meant.push(...(await deliverPlanted(world, await reader.plant(payload))));
  bad = await deliverBad(world, canaries);
  events = await playEvents(world, canaries);
  await sayElsewhere(world, canaries);
  const unanswered = await payUnanswered(world);
  await allIsDone(world);
  await sendAgain(world, unanswered);
  await readAll(world, keys);
  await plantControls(world, controls);
  places = await placesOf(world);
}, 400_000);
afterAll(() => world.stop(), 60_000);

describe('R7, I15 what people write, in any field, header or address of anything that is sent', () => {
  it('is sent: in each field of each vendor, and in what is refused', () => {
    expect(canaries.count).toBeGreaterThan(700);
    expect(meant.length).toBeGreaterThan(15);
    expect(meant.filter(({ expected }) => expected === 'taken').length).toBeGreaterThan(10);
    // Whoever drops it all takes the same as without.
    for (const { name, expected, got } of meant) expect(`${name}: ${got}`).toBe(`${name}: ${expected}`);
    for (const statuses of Object.values(bad)) {
      expect(statuses).toContain(200);
      expect(statuses.filter((status) => status >= 400 && status < 500).length).toBeGreaterThan(5);
    }
    expect(events.filter((status) => status < 300).length).toBeGreaterThan(10);
    expect(events.filter((status) => status >= 400).length).toBeGreaterThan(40);
    expect(Math.max(...events, ...Object.values(bad).flat())).toBeLessThan(500);
  });

  it.each(PLACES)('is nowhere in the %s', (place) => {
    expect(foundIn(places[place], canaries)).toEqual([]);
  });

  it.each(CONTROLS)('would be found in the %s', (place, expected) => {
    const all = foundIn(places[place], controls);
    for (const one of expected) expect(all).toContain(one);
  });

  it('is searched for where what may be kept is found', () => {
    const whole = (place: keyof Places, where?: string): string =>
      places[place].flatMap(([at, text]) => (where === undefined || at === where ? [text] : [])).join('\n');
    expect(whole('database')).toContain(keys.patient);
    expect(whole('database')).toContain('weight');
    for (const table of [
      'event',
      'unlinked_event',
      'hook_tally',
      'hook_refused',
      'handoff_occurrence',
      'exception',
      'audit',
      'notice',
    ])
      expect(places.database.filter(([name]) => name.startsWith(`public.${table}`)).length).toBeGreaterThan(0);
    for (const log of ['api.log', 'worker.log', 'postgres.log', 'temporal.log'])
      expect(places.logs.map(([file]) => file)).toContain(log);
    expect(whole('logs', 'api.log')).toContain('"msg":"ready"');
    expect(whole('logs', 'worker.log')).toContain('"msg":"ready"');
    const clocks = places.histories.filter(([id]) => id !== MIGRATION && !id.startsWith(`${MIGRATION}.`));
    expect(clocks.length).toBeGreaterThan(10);
    for (const [, text] of clocks) expect(text).toContain('"migration":"canaries"');
    expect(whole('metrics', 'api')).toContain('handoff_hooks_total');
    expect(whole('metrics', 'worker')).toContain('handoff_');
    for (const channel of ['pager', 'chat', 'webhook', 'mail'])
      expect(whole('notices', channel)).toContain('payment-not-routed');
    expect(whole('notices', 'commands')).toContain('review.assign');
    expect(whole('answers')).toContain(keys.patient);
  });

  it('is in no byte of what the processes leave on disk', async () => {
    const { left, kept } = await foundOnDisk(world, { canaries, controls });
    expect(left).toEqual([]);
    expect(kept).toContain(CONTROL_ON_DISK);
  }, 120_000);
});
