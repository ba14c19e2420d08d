import { OFREPProvider } from '@openfeature/ofrep-provider';
import { OpenFeature, type Client, type EvaluationContext } from '@openfeature/server-sdk';
import { until } from '../setup/until';
import { ClientWorld, FLAG } from './client-world';

/** What a stack would be served with if it took the default for an answer. No test may see it without an error beside it. */
const DEFAULT = 'nobody-said';

let world: ClientWorld;
let client: Client;
beforeAll(async () => {
  world = await ClientWorld.start();
  client = await clientWith(world.authorization, 'stacks');
});
afterAll(async () => {
  await OpenFeature.close();
  await world.stop();
});

async function clientWith(authorization: string, domain: string): Promise<Client> {
  const headers: [string, string][] = [['Authorization', authorization]];
  await OpenFeature.setProviderAndWait(domain, new OFREPProvider({ baseUrl: world.baseUrl, headers }));
  return OpenFeature.getClient(domain);
}

const about = (targetingKey: string): EvaluationContext => ({ targetingKey, state: 'CO' });

describe('npm @openfeature/ofrep-provider', () => {
  it('tells right sides, with reason and metadata, and the same ones after the split has changed (I1)', async () => {
    await world.sendTo('target');
    const [early, late] = [world.newKey(), world.newKey()];
    const first = await client.getStringDetails(FLAG, DEFAULT, about(early));
    expect(first).toMatchObject({ value: 'target', variant: 'target', reason: 'SPLIT' });
    expect(first.flagMetadata).toMatchObject({ migration: 'payment-2026', cohort: 'pilot-states', why: 'inShare' });
    await world.sendTo('legacy');
    await until('those who arrive go to legacy', async () => {
      const { value } = await client.getStringDetails(FLAG, DEFAULT, about(world.newKey()));
      return value === 'legacy';
    });
    expect(await client.getStringDetails(FLAG, DEFAULT, about(late))).toMatchObject({
      value: 'legacy',
      reason: 'SPLIT',
    });
    expect(await client.getStringDetails(FLAG, DEFAULT, about(early))).toMatchObject({
      ...{ value: 'target', reason: 'TARGETING_MATCH' },
      flagMetadata: { why: 'placedBefore' },
    });
  });

  it.each<[string, string, EvaluationContext, string]>([
    ['no key', FLAG, { state: 'CO' }, 'TARGETING_KEY_MISSING'],
    ['an address for a key', FLAG, { targetingKey: 'jo@example.com' }, 'INVALID_CONTEXT'],
    ['a key of another kind', FLAG, { targetingKey: 'pat_00000000-0000-4000-8000-000000000000' }, 'INVALID_CONTEXT'],
    ['a phase that there is not', 'payment-2026.unknown', { targetingKey: 'epi_0000000000000001' }, 'FLAG_NOT_FOUND'],
    ['what is no flag', 'a b', { targetingKey: 'epi_0000000000000001' }, 'FLAG_NOT_FOUND'],
    ['a context of 1 MB', FLAG, { targetingKey: 'epi_0000000000000001', padding: 'x'.repeat(1_000_000) }, 'GENERAL'],
  ])('tells of %s by its code, beside the default', async (_, flag, context, errorCode) => {
    const details = await client.getStringDetails(flag, DEFAULT, context);
    expect(details).toMatchObject({ value: DEFAULT, reason: 'ERROR', errorCode });
  });

  it('tells of a side that is asked for as another type', async () => {
    expect(await client.getBooleanDetails(FLAG, true, about(world.newKey()))).toMatchObject({
      errorCode: 'TYPE_MISMATCH',
    });
  });

  it('tells of a token that is nobody’s, or of somebody who may not ask', async () => {
    for (const [domain, token] of [
      ['stranger', 'x'.repeat(48)],
      ['engineer', world.api.tokens['engineer-1']],
    ] as const) {
      const refused = await clientWith(`Bearer ${token}`, domain);
      const details = await refused.getStringDetails(FLAG, DEFAULT, about(world.newKey()));
      expect(details).toMatchObject({ value: DEFAULT, reason: 'ERROR', errorCode: 'GENERAL' });
    }
  });

  it('gives no side while the API is away, and the same one when it is back', async () => {
    await world.sendTo('target');
    const known = world.newKey();
    expect(await client.getStringValue(FLAG, DEFAULT, about(known))).toBe('target');
    world.cutClientsOff();
    expect(await client.getStringDetails(FLAG, DEFAULT, about(known))).toMatchObject({
      ...{ value: DEFAULT, reason: 'ERROR', errorCode: 'GENERAL' },
    });
    world.letClientsIn();
    await until(
      'it answers again',
      async () => (await client.getStringValue(FLAG, DEFAULT, about(known))) === 'target',
    );
  });

  it('gives nobody a wrong side while Postgres is away, and asks again at once when it is back', async () => {
    await world.sendTo('target');
    const known = world.newKey();
    expect(await client.getStringValue(FLAG, DEFAULT, about(known))).toBe('target');
    world.takePostgresAway();
    const asked = await client.getStringDetails(FLAG, DEFAULT, about(known));
    if (asked.errorCode === undefined) expect(asked.value).toBe('target');
    else expect(asked).toMatchObject({ value: DEFAULT, reason: 'ERROR', errorCode: 'GENERAL' });
    const unknown = await client.getStringDetails(FLAG, DEFAULT, about(world.newKey()));
    expect(unknown).toMatchObject({ value: DEFAULT, reason: 'ERROR', errorCode: 'GENERAL' });
    world.bringPostgresBack();
    await until('those who arrive are told', async () => {
      const { errorCode } = await client.getStringDetails(FLAG, DEFAULT, about(world.newKey()));
      return errorCode === undefined;
    });
    expect(await client.getStringValue(FLAG, DEFAULT, about(known))).toBe('target');
  });
});
