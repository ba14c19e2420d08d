import { Client } from 'pg';
import { DROPPED_EVERY, DROPPED_HANDOFF, journeysOf } from './event-stream';

const MISSED_WITHIN_MS = 60_000;

/**
 * What was made of so many events of the stream, which begins with its first: each stored once and matched, and of each handoff that was dropped one case and no
 * other. @throws Error that says what is wrong
 */
export async function checkFacts(url: string, events: number): Promise<string> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const dropped = Math.ceil(journeysOf(events) / DROPPED_EVERY);
    const deadline = Date.now() + MISSED_WITHIN_MS;
    // What was dropped last is missed when its deadline is over.
    for (;;) {
      const found = await one(client, `SELECT count(*)::int AS n FROM exception WHERE handoff = $1`, [DROPPED_HANDOFF]);
      if (found >= dropped || Date.now() > deadline) break;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    const checks: [string, number, number][] = [
      ['events stored', await one(client, 'SELECT count(*)::int AS n FROM event'), events],
      ['events not matched', await one(client, 'SELECT count(*)::int AS n FROM event WHERE disposition IS NULL'), 0],
      ['journeys', await one(client, 'SELECT count(*)::int AS n FROM journey'), journeysOf(events)],
      ['cases', await one(client, 'SELECT count(*)::int AS n FROM exception'), dropped],
      [
        'cases of the handoff that was dropped',
        await one(client, 'SELECT count(*)::int AS n FROM exception WHERE handoff = $1', [DROPPED_HANDOFF]),
        dropped,
      ],
      [
        'its occurrences that were missed',
        await one(
          client,
          `SELECT count(*)::int AS n FROM handoff_occurrence WHERE handoff = $1 AND outcome = 'missed'`,
          [DROPPED_HANDOFF],
        ),
        dropped,
      ],
    ];
    const wrong = checks.filter(([, found, right]) => found !== right);
    if (wrong.length > 0)
      throw new Error(wrong.map(([what, found, right]) => `${what}: ${found}, not ${right}`).join('; '));
    return `${events} events stored once and matched, ${journeysOf(events)} journeys, ${dropped} dropped handoffs missed with a case each, and no other`;
  } finally {
    await client.end();
  }
}

async function one(client: Client, sql: string, values: unknown[] = []): Promise<number> {
  const { rows } = await client.query<{ n: number }>(sql, values);
  return rows[0]?.n ?? 0;
}
