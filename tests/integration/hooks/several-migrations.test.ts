import { randomUUID } from 'node:crypto';
import { until } from '../../setup/until';
import { startMigrationOf } from '../facts/facts-plan';
import { HOOKS_PLAN, someNumber, startHooksWorld, type Answer, type HooksWorld } from './hooks-world';

const AN_HOUR = 3_600_000;

let world: HooksWorld;
let other: string;
beforeAll(async () => {
  world = await startHooksWorld();
  other = `hooks-${randomUUID()}`;
  await startMigrationOf(world.api.db, other, 1, HOOKS_PLAN);
  // Signed too long ago: a hook that is known refuses it, and counts nothing.
  await until(
    'the API to have heard of it',
    async () => (await deliver(`?migration=${other}`, AN_HOUR)).status === 401,
  );
});
afterAll(() => world.stop());

/** A type that no plan says anything of: acknowledged, and counted. */
const deliver = (query?: string, ago = 0): Promise<Answer> =>
  world.deliver(
    'stripe',
    {
      ...{ id: `evt_${someNumber()}`, object: 'event', type: 'price.created', created: Math.floor(Date.now() / 1_000) },
      data: { object: { id: `price_${someNumber()}` } },
    },
    { at: Date.now() - ago, ...(query !== undefined && { query }) },
  );
const code = ({ status, body }: Answer): [number, string] => [status, (JSON.parse(body) as { code: string }).code];

async function tallies(): Promise<Record<string, number>> {
  const { rows } = await world.api.db.query<{ migration: string; count: number }>(
    'SELECT migration, sum(count)::int AS count FROM hook_tally GROUP BY migration',
  );
  return Object.fromEntries(rows.map(({ migration, count }) => [migration, count]));
}

describe('a hook of several migrations under way', () => {
  it('is of the one that the address names, and of no other', async () => {
    expect((await deliver(`?migration=${other}`)).status).toBe(200);
    expect(await tallies()).toEqual({ [other]: 1 });
    expect((await deliver(`?migration=${world.migration}`)).status).toBe(200);
    expect(await tallies()).toEqual({ [other]: 1, [world.migration]: 1 });
  });

  it.each([
    ['that names none', undefined],
    ['that names two', () => `?migration=${other}&migration=${world.migration}`],
  ])('is refused by an address %s, with what to add', async (_, query) => {
    const before = await tallies();
    const answer = await deliver(query?.());
    expect(code(answer)).toEqual([409, 'hook-of-several-migrations']);
    expect(answer.body).toContain('?migration=<id>');
    expect(await tallies()).toEqual(before);
  });

  it('is not there by an address that names another migration, and nothing of that name is repeated', async () => {
    const answer = await deliver('?migration=nobody-knows-it');
    expect(code(answer)).toEqual([404, 'unknown-hook']);
    expect(answer.body).not.toContain('nobody-knows-it');
  });
});
