import { OFREPWebProvider } from '@openfeature/ofrep-web-provider';
import { OpenFeature, ProviderEvents, type Client, type EvaluationContext } from '@openfeature/web-sdk';
import { until } from '../setup/until';
import { ClientWorld, FLAG } from './client-world';

const DEFAULT = 'nobody-said';

type Options = ConstructorParameters<typeof OFREPWebProvider>[0];

/** A page in a browser: its client, and what it heard from the server. */
interface Page {
  client: Client;
  /** Statuses of its bulk requests, in their order. */
  statuses: number[];
  events: string[];
  side(): string;
}

let world: ClientWorld;
let pages = 0;
beforeAll(async () => {
  world = await ClientWorld.start();
});
afterEach(async () => {
  await OpenFeature.close();
});
afterAll(() => world.stop());

/** Loads a page for whom the context names. */
async function load(context: EvaluationContext, options: Partial<Options> = {}): Promise<Page> {
  const domain = `page-${(pages += 1)}`;
  const statuses: number[] = [];
  const events: string[] = [];
  const provider = new OFREPWebProvider({
    baseUrl: world.baseUrl,
    headers: [['Authorization', world.authorization]],
    // A page that shows what it stored once could show somebody the wrong side: see docs/sides.md.
    cacheMode: 'disabled',
    fetchImplementation: async (...sent: Parameters<typeof fetch>) => {
      const answer = await fetch(...sent);
      statuses.push(answer.status);
      return answer;
    },
    ...options,
  });
  await OpenFeature.setContext(domain, context);
  const client = OpenFeature.getClient(domain);
  for (const event of Object.values(ProviderEvents)) client.addHandler(event, () => events.push(event));
  await OpenFeature.setProviderAndWait(domain, provider).catch(() => undefined);
  return { client, statuses, events, side: () => client.getStringValue(FLAG, DEFAULT) };
}

const about = (targetingKey: string): EvaluationContext => ({ targetingKey, state: 'CO' });
const POLLING: Partial<Options> = { changeDetection: 'polling', pollInterval: 100 };

describe('npm @openfeature/ofrep-web-provider', () => {
  it('tells right sides at once, and the same ones to a page that is loaded after the split has changed (I1)', async () => {
    await world.sendTo('target');
    const early = world.newKey();
    const page = await load(about(early));
    expect(page.client.getStringDetails(FLAG, DEFAULT)).toMatchObject({
      ...{ value: 'target', variant: 'target', reason: 'SPLIT' },
      flagMetadata: { migration: 'payment-2026', why: 'inShare' },
    });
    await world.sendTo('legacy');
    await until('those who arrive go to legacy', async () => (await load(about(world.newKey()))).side() === 'legacy');
    expect((await load(about(early))).client.getStringDetails(FLAG, DEFAULT)).toMatchObject({
      ...{ value: 'target', reason: 'TARGETING_MATCH' },
    });
  });

  it('goes to the side of whom the page is about, when that changes', async () => {
    await world.sendTo('target');
    const [one, other] = [world.newKey(), world.newKey()];
    const page = await load(about(one));
    await OpenFeature.setContext(`page-${pages}`, { targetingKey: other, state: 'NY' });
    expect(page.side()).toBe('legacy');
    await OpenFeature.setContext(`page-${pages}`, about(one));
    expect(page.side()).toBe('target');
  });

  it('polls at the price of a 304, and hears of being brought back', async () => {
    await world.sendTo('target');
    const page = await load(about(world.newKey()), POLLING);
    expect(page.side()).toBe('target');
    await until('nothing has changed', () => page.statuses.filter((status) => status === 304).length >= 3);
    await world.bringEverybodyBack();
    await until('it hears of it', () => page.side() === 'legacy');
    expect(page.events).toContain(ProviderEvents.ConfigurationChanged);
    expect(page.statuses.every((status) => status === 200 || status === 304)).toBe(true);
  });

  it('is told of a change by the stream of events, and does not poll', async () => {
    expect(typeof (globalThis as { EventSource?: unknown }).EventSource).toBe('function');
    await world.sendTo('target');
    const page = await load(about(world.newKey()), { changeDetection: 'sse' });
    expect(page.side()).toBe('target');
    await until('the stream is open, and it has asked once more', () => page.statuses.length >= 2);
    await world.bringEverybodyBack();
    await until('it is told', () => page.side() === 'legacy');
    expect(page.statuses.length).toBeLessThan(12);
  });

  it.each<[string, EvaluationContext]>([
    ['no key', { state: 'CO' }],
    ['an address for a key', { targetingKey: 'jo@example.com' }],
    ['a telephone number for a key', { targetingKey: '+1 555 0100' }],
    ['a context of 1 MB', { targetingKey: 'epi_0000000000000001', padding: 'x'.repeat(1_000_000) }],
  ])('gives no side for %s, and says that it failed', async (_, context) => {
    const page = await load(context);
    const details = page.client.getStringDetails(FLAG, DEFAULT);
    expect(details.value).toBe(DEFAULT);
    expect(details.errorCode).toBeDefined();
    expect(page.events).toContain(ProviderEvents.Error);
  });

  it('tells of what is wrong for one flag alone, and of a flag that there is not', async () => {
    const page = await load({ targetingKey: world.newKey(), state: 5 });
    expect(page.client.getStringDetails(FLAG, DEFAULT)).toMatchObject({ value: DEFAULT, errorCode: 'INVALID_CONTEXT' });
    expect(page.client.getStringDetails('payment-2026.unknown', DEFAULT)).toMatchObject({
      ...{ value: DEFAULT, errorCode: 'FLAG_NOT_FOUND' },
    });
  });

  it('tells of a token that is nobody’s', async () => {
    const page = await load(about(world.newKey()), { headers: [['Authorization', 'Bearer nobody']] });
    expect(page.client.getStringDetails(FLAG, DEFAULT)).toMatchObject({
      ...{ value: DEFAULT, errorCode: 'PROVIDER_FATAL' },
    });
  });

  it.each([
    [
      'the API',
      (away: boolean) => {
        if (away) world.cutClientsOff();
        else world.letClientsIn();
      },
    ],
    [
      'Postgres',
      (away: boolean) => {
        if (away) world.takePostgresAway();
        else world.bringPostgresBack();
      },
    ],
  ])(
    'keeps the side that it knows while %s is away, says that it is old, and hears of changes when it is back',
    async (_, take) => {
      await world.sendTo('target');
      const page = await load(about(world.newKey()), POLLING);
      expect(page.side()).toBe('target');
      take(true);
      // With Postgres away the API goes on telling the side, and says itself that it is old.
      const saidStale = (): boolean =>
        page.events.includes(ProviderEvents.Stale) || page.client.getStringDetails(FLAG, DEFAULT).reason === 'STALE';
      await until('it says so', saidStale);
      expect(page.side()).toBe('target');
      const asked = page.statuses.filter((status) => status !== 503).length;
      take(false);
      await until('it asks again', () => page.statuses.filter((status) => status !== 503).length > asked);
      await world.bringEverybodyBack();
      await until('it hears of what changed', () => page.side() === 'legacy');
    },
  );
});
