import { setTimeout as delay } from 'node:timers/promises';
import type { Database } from '../../store/database';
import { unitKey } from '../load/unit-keys';
import type { Arrivals } from './arrivals';
import type { DrivenMigration } from './driven-migration';

/** What a trial is made of. */
export interface Trial {
  migration: DrivenMigration;
  arrivals: Arrivals;
  db: Database;
}

const TURNS_WITHIN_MS = 60_000;

/** All in milliseconds. */
export interface GateTrial {
  /** From the commit of the outcome to the commit of the split's fall. */
  toSplit: number;
  /** From the commit of the outcome to the last process's first answer `legacy`. */
  toLastProcess: number;
}

/** A patient's deadline passes, and the gate takes the phase back. */
export async function gateTrial({ migration, arrivals, db }: Trial): Promise<GateTrial> {
  await allTurn(arrivals, 'target');
  const unit = arrivals.somebodyOnTarget;
  if (unit === undefined) throw new Error('Nobody is on target.');
  const journey = await migration.pays(unitKey(unit));
  const turnedAt = await allTurn(arrivals, 'legacy');
  const { rows } = await db.query<{ missedAt: Date; loweredAt: Date }>(
    `SELECT pg_xact_commit_timestamp(o.xmin) AS "missedAt",
            (SELECT pg_xact_commit_timestamp(c.xmin) FROM split_change c
              WHERE c.migration = o.migration AND c.phase = o.phase AND c.cohort = o.cohort AND c.epoch > o.epoch ORDER BY c.epoch LIMIT 1) AS "loweredAt"
       FROM handoff_occurrence o WHERE o.journey = $1 AND o.handoff = 'payment-to-provider-routing' AND o.final AND o.outcome = 'missed'`,
    [journey],
  );
  const row = rows[0];
  if (row === undefined) throw new Error('Arrivals went to legacy, and no outcome says why.');
  return {
    toSplit: row.loweredAt.getTime() - row.missedAt.getTime(),
    toLastProcess: turnedAt - row.missedAt.getTime(),
  };
}

/** All in milliseconds from the command's sending. */
export interface HandTrial {
  /** To its answer. */
  toAnswer: number;
  /** To the last process's first answer `legacy`. */
  toLastProcess: number;
  /** To the status that says, read after the answer, that the phase goes back and that the split is at zero; or to the last process, where that was later. */
  toReadBack: number;
}

/** A person rolls the phase back. */
export async function handTrial({ migration, arrivals }: Trial): Promise<HandTrial> {
  await allTurn(arrivals, 'target');
  const sentAt = Date.now();
  await migration.rollBack();
  const answeredAt = Date.now();
  for (;;) {
    const standing = await migration.standing();
    const status = standing?.run?.status;
    if ((status === 'rollingBack' || status === 'rolledBack') && standing?.split?.share === 0) break;
    if (Date.now() - sentAt > TURNS_WITHIN_MS) throw new Error('The phase never said that it is rolled back.');
  }
  const readBackAt = Date.now();
  const turnedAt = await allTurn(arrivals, 'legacy');
  return {
    toAnswer: answeredAt - sentAt,
    toLastProcess: turnedAt - sentAt,
    toReadBack: Math.max(readBackAt, turnedAt) - sentAt,
  };
}

/** When the last process had answered the first of those who arrive with that side; waits until all do. */
async function allTurn(arrivals: Arrivals, side: 'legacy' | 'target'): Promise<number> {
  if (side === 'target') arrivals.begin();
  const deadline = Date.now() + TURNS_WITHIN_MS;
  while (!arrivals.allAnswer(side)) {
    if (Date.now() > deadline) throw new Error(`Not every process answers ${side}.`);
    await delay(5);
  }
  return Math.max(...arrivals.turnedAt);
}
