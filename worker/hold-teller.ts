import { randomUUID } from 'node:crypto';
import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import type { Role } from '../domain/plan/journey';
import { migrationWorkflowId, type Command } from '../domain/phase/commands';
import type { Milliseconds } from '../domain/time/duration';
import { describeFailure } from '../platform/describe-failure';
import type { Logger } from '../platform/logger';
import type { Database } from '../store/database';
import { untoldHolds, type UntoldHold } from '../store/migration-holds';
import { repeatUntilStopped, type Repeating } from './repeat-until-stopped';

const LOOK_EVERY: Milliseconds = 2_000;
/** Whoever set the hold is about to tell of it. */
const LEFT_TO_ITS_SENDER: Milliseconds = 3_000;
/** A signal waits for a worker in its workflow's history: it is not put there again and again. */
const AGAIN_AFTER: Milliseconds = 30_000;

/**
 * Tells migrations of holds that their workflows have not heard of (Temporal was away when somebody stopped them): pauses them, in the name of
 * who holds them, so that people can let them go on afterwards. Any number of workers may do it: a workflow takes each hold in once.
 */
export function startHoldTeller(parts: { db: Database; client: Client; logger: Logger }): Repeating {
  const { db, client, logger } = parts;
  let sent = new Map<string, number>();
  return repeatUntilStopped(
    async () => {
      const untold = await untoldHolds(db, LEFT_TO_ITS_SENDER);
      const before = sent;
      sent = new Map();
      for (const one of untold) {
        const key = `${one.migration}/${one.number}`;
        const last = before.get(key);
        if (last !== undefined && performance.now() - last < AGAIN_AFTER) {
          sent.set(key, last);
          continue;
        }
        try {
          await client.workflow.getHandle(migrationWorkflowId(one.migration)).signal('pause', pauseFor(one));
          logger.warn({ migration: one.migration, by: one.hold.by }, 'a migration was told that it is held');
        } catch (error) {
          logger.error({ migration: one.migration, failure: describeFailure(error) }, 'not told that it is held');
          // One that was never begun is looked for again, but not at every look.
          if (!(error instanceof WorkflowNotFoundError)) continue;
        }
        sent.set(key, performance.now());
      }
      return LOOK_EVERY;
    },
    (error) => {
      logger.error({ failure: describeFailure(error) }, 'holds could not be looked for; trying again');
    },
  );
}

function pauseFor({ migration, number, hold }: UntoldHold): Command {
  const { by, verified, reason } = hold;
  const workflowId = migrationWorkflowId(migration);
  return {
    actor: { id: by, verified, roles: hold.roles as Role[] },
    hold: number,
    seal: { workflowId, name: 'pause', nonce: randomUUID() },
    ...(reason !== null && { reason }),
  };
}
