import { until } from '../setup/until';
import { ClientWorld, FLAG } from './client-world';
import { PythonClient } from './python-client';

const DEFAULT = 'nobody-said';

let world: ClientWorld;
let client: PythonClient;
beforeAll(async () => {
  world = await ClientWorld.start();
  client = await PythonClient.start(world.baseUrl, world.api.tokens['sandbox-stacks']);
}, 300_000);
afterAll(async () => {
  client.stop();
  await world.stop();
});

const about = (targetingKey: string): Record<string, unknown> => ({ targetingKey, state: 'CO' });

describe('PyPI openfeature-provider-ofrep', () => {
  it('tells right sides, with reason and metadata, and the same ones after the split has changed (I1)', async () => {
    await world.sendTo('target');
    const early = world.newKey();
    expect(await client.ask(FLAG, DEFAULT, about(early))).toMatchObject({
      ...{ value: 'target', variant: 'target', reason: 'SPLIT', errorCode: null },
      metadata: { migration: 'payment-2026', cohort: 'pilot-states', why: 'inShare' },
    });
    await world.sendTo('legacy');
    await until('those who arrive go to legacy', async () => {
      const { value } = await client.ask(FLAG, DEFAULT, about(world.newKey()));
      return value === 'legacy';
    });
    expect(await client.ask(FLAG, DEFAULT, about(early))).toMatchObject({
      ...{ value: 'target', reason: 'TARGETING_MATCH' },
    });
  });

  it.each<[string, string, Record<string, unknown>, string]>([
    ['no key', FLAG, { state: 'CO' }, 'TARGETING_KEY_MISSING'],
    ['an address for a key', FLAG, { targetingKey: 'jo@example.com' }, 'INVALID_CONTEXT'],
    ['an attribute that is no text', FLAG, { targetingKey: 'epi_0000000000000001', state: 5 }, 'INVALID_CONTEXT'],
    ['a phase that there is not', 'payment-2026.unknown', { targetingKey: 'epi_0000000000000001' }, 'FLAG_NOT_FOUND'],
    ['a context of 1 MB', FLAG, { targetingKey: 'epi_0000000000000001', padding: 'x'.repeat(1_000_000) }, 'GENERAL'],
  ])('tells of %s by its code, beside the default', async (_, flag, context, errorCode) => {
    expect(await client.ask(flag, DEFAULT, context)).toMatchObject({ value: DEFAULT, reason: 'ERROR', errorCode });
  });

  it('tells of a side that is asked for as another type', async () => {
    const answer = await client.ask(FLAG, true, about(world.newKey()));
    expect(answer).toMatchObject({ value: true, reason: 'ERROR', errorCode: 'TYPE_MISMATCH' });
  });

  it('tells of a token that is nobody’s', async () => {
    const stranger = await PythonClient.start(world.baseUrl, 'nobody');
    try {
      const answer = await stranger.ask(FLAG, DEFAULT, about(world.newKey()));
      expect(answer).toMatchObject({ value: DEFAULT, reason: 'ERROR', errorCode: 'GENERAL' });
    } finally {
      stranger.stop();
    }
  });

  it('gives no side while the API is away, and the same one when it is back', async () => {
    await world.sendTo('target');
    const known = world.newKey();
    expect(await client.ask(FLAG, DEFAULT, about(known))).toMatchObject({ value: 'target' });
    world.cutClientsOff();
    expect(await client.ask(FLAG, DEFAULT, about(known))).toMatchObject({ value: DEFAULT, errorCode: 'GENERAL' });
    world.letClientsIn();
    await until('it answers again', async () => (await client.ask(FLAG, DEFAULT, about(known))).value === 'target');
  });

  it('gives nobody a wrong side while Postgres is away, and asks again at once when it is back', async () => {
    await world.sendTo('target');
    const known = world.newKey();
    expect(await client.ask(FLAG, DEFAULT, about(known))).toMatchObject({ value: 'target' });
    world.takePostgresAway();
    const asked = await client.ask(FLAG, DEFAULT, about(known));
    if (asked.errorCode === null) expect(asked.value).toBe('target');
    else expect(asked).toMatchObject({ value: DEFAULT, reason: 'ERROR', errorCode: 'GENERAL' });
    const unknown = await client.ask(FLAG, DEFAULT, about(world.newKey()));
    expect(unknown).toMatchObject({ value: DEFAULT, reason: 'ERROR', errorCode: 'GENERAL' });
    world.bringPostgresBack();
    await until('those who arrive are told', async () => {
      const { errorCode } = await client.ask(FLAG, DEFAULT, about(world.newKey()));
      return errorCode === null;
    });
    expect(await client.ask(FLAG, DEFAULT, about(known))).toMatchObject({ value: 'target' });
  });
});
