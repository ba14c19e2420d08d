import { VENDOR_NAMES } from '../../domain/hooks/vendors';
import { Canaries } from '../system/canaries/canaries';
import { CanarySystem } from '../system/canaries/canary-system';
import { allIsDone, readAll } from '../system/canaries/look-everywhere';
import { someKeys } from '../system/canaries/hook-payloads';
import { CONTROL_ON_DISK, CONTROLS, plantControls } from '../system/canaries/plant-controls';
import { deliverPlanted, type Meant } from '../system/canaries/play-hooks';
import { foundIn, foundOnDisk, PLACES, placesOf, type Places } from '../system/canaries/search-everywhere';
import { VendorReader, type HookPayload } from '../system/canaries/vendor-reader';
import { vendorFiles, vendorJson } from './vendor-files';

const BUNDLE = 'synthea-r4-trimmed-bundle.json';

/** Everything that the vendors' files hold, each payload by itself. */
function payloads(): HookPayload[] {
  const whole = VENDOR_NAMES.filter((vendor) => vendor !== 'medplum').flatMap((hook) =>
    vendorFiles(hook)
      .filter((name) => !name.endsWith('.schema.json') && !name.startsWith('vector') && name !== 'events.json')
      .map((name): HookPayload => ({ hook, name, body: vendorJson(hook, name) })),
  );
  const resources = vendorJson<{ entry: { resource: { resourceType: string } }[] }>('fhir', BUNDLE).entry;
  const healthie = Object.entries(vendorJson<Record<string, unknown>>('healthie', 'events.json'));
  const sendgrid = vendorJson<{ rawBody: string }[]>('sendgrid', 'vectors.json');
  const twilio = vendorJson<{ params: Record<string, string> }>('twilio', 'vector.json').params;
  return [
    ...whole,
    ...resources.map(({ resource }): HookPayload => ({ hook: 'medplum', name: resource.resourceType, body: resource })),
    ...healthie.map(([name, body]): HookPayload => ({ hook: 'healthie', name, body })),
    ...sendgrid.map(({ rawBody }): HookPayload => ({ hook: 'sendgrid', name: 'vector', body: JSON.parse(rawBody) })),
    { hook: 'twilio', name: 'vector', body: twilio },
  ];
}

describe('R7, I15 what people write, in any field of any payload that vendors publish', () => {
  const canaries = new Canaries();
  const controls = new Canaries();
  let world: CanarySystem;
  let places: Places;
  const meant: Meant[] = [];

  beforeAll(async () => {
    world = await CanarySystem.start();
    const reader = new VendorReader(world.plan, canaries);
    for (const payload of payloads()) meant.push(...(await deliverPlanted(world, await reader.plant(payload))));
    await allIsDone(world);
    await readAll(world, someKeys());
    await plantControls(world, controls);
    places = await placesOf(world);
  }, 580_000);
  afterAll(() => world.stop(), 60_000);

  it('is sent in each of them, and taken as it is without', () => {
    expect(canaries.count).toBeGreaterThan(2_000);
    expect(meant.length).toBeGreaterThan(200);
    expect(meant.filter(({ expected }) => expected === 'taken').length).toBeGreaterThan(10);
    for (const { name, expected, got } of meant) expect(`${name}: ${got}`).toBe(`${name}: ${expected}`);
  });

  it.each(PLACES)('is nowhere in the %s', (place) => {
    expect(foundIn(places[place], canaries)).toEqual([]);
  });

  it.each(CONTROLS)('would be found in the %s', (place, expected) => {
    const all = foundIn(places[place], controls);
    for (const one of expected) expect(all).toContain(one);
  });

  it('is in no byte of what the processes leave on disk', async () => {
    const { left, kept } = await foundOnDisk(world, { canaries, controls });
    expect(left).toEqual([]);
    expect(kept).toContain(CONTROL_ON_DISK);
  }, 120_000);
});
