import type { PlanPhase } from '../../domain/plan/plan-schema';
import { queueFullText } from '../../domain/rollback/queue-full-text';
import type { RollbackAction } from '../../domain/rollback/rollback-action';
import { unreachable } from '../../domain/unreachable';
import type { Database } from '../../store/database';
import { getMigration } from '../../store/migration-records';
import { bringBackUnits, pauseUnits, type ReachInFlight } from '../../store/placements';
import {
  countMoved,
  markRollbackActionDone,
  rollbackActionsOf,
  saveRollbackActions,
  type StoredRollbackAction,
} from '../../store/rollback-actions';
import type { PhaseActivities, RollbackOf, SplitNow } from '../phase-activities';
import { PlanNotStored, type PlanReader } from '../plan-reader';
import type { ObservedSplit, TrafficRouter } from '../traffic/traffic-router';
import { planFromFacts } from './rollback-facts';

export interface RollbackOptions {
  db: Database;
  router: TrafficRouter;
  plans: PlanReader;
}

/** The people's part of a rollback: traffic is back when these run. Each action may be repeated after a crash. */
export function rollbackActivities({
  db,
  router,
  plans,
}: RollbackOptions): Pick<PhaseActivities, 'planRollback' | 'executeRollbackAction'> {
  return {
    async planRollback(of) {
      const { actions } = await planFromFacts(db, await plans.plan(of.planHash), of);
      return saveRollbackActions(db, of, actions);
    },

    async executeRollbackAction({ ordinal, ...of }) {
      const listed = (await rollbackActionsOf(db, of)).find((row) => row.ordinal === ordinal);
      const observed = await observe(of);
      const left = listed?.action.kind === 'queueFull' ? { left: queueFullText(listed.action) } : {};
      if (listed === undefined || listed.done) return { epoch: observed.epoch, share: observed.share, ...left };
      const phase = await plans.phase(of.planHash, of.phase);
      const { now, outcome } = await execute(listed, of, phase, observed);
      await markRollbackActionDone(db, of, ordinal, outcome);
      return { ...now, ...left };
    },
  };

  async function execute(
    { action, ordinal }: Pick<StoredRollbackAction<RollbackAction>, 'action' | 'ordinal'>,
    of: RollbackOf,
    phase: PlanPhase,
    observed: ObservedSplit,
  ): Promise<{ now: SplitNow; outcome: unknown }> {
    const now: SplitNow = { epoch: observed.epoch, share: observed.share };
    const counted: ReachInFlight['counted'] = (connection, moved) => countMoved(connection, of, ordinal, moved);
    switch (action.kind) {
      case 'lowerSplit':
        // Done before anything else, by its own step; here it is only found to have held.
        if (observed.share > action.to) throw new Error('The split is above where the rollback put it.');
        return { now, outcome: { epoch: observed.epoch, share: observed.share } };
      case 'leaveToFinish':
      case 'queueFull':
      case 'voidGo':
        return { now, outcome: {} };
      case 'pause': {
        await pauseUnits(db, { ...(await reachOf(of, phase, action, observed.epoch)), counted });
        return { now, outcome: { moved: 0 } };
      }
      case 'bringBack': {
        const { reached: bringBack, ...reach } = await reachOf(of, phase, action, observed.epoch);
        const within = action.within === undefined ? {} : { within: action.within };
        await bringBackUnits(db, { ...reach, bringBack, ...within, counted });
        return { now, outcome: { moved: 0 } };
      }
      case 'reopenSplit': {
        if (observed.mode !== 'returning') return { now, outcome: {} };
        const { migration, cohort } = of;
        const reopened = await router.write({
          ...{ migration, phase: phase.id, cohort, expectedEpoch: observed.epoch, share: 0, perDay: null },
          ...{ mode: 'open' as const, lease: phase.lease, cause: 'rollback' as const },
        });
        return { now: { epoch: reopened.epoch, share: reopened.share }, outcome: { epoch: reopened.epoch } };
      }
      default:
        return unreachable(action);
    }
  }

  async function reachOf(
    of: RollbackOf,
    phase: PlanPhase,
    { milestone, queue }: Extract<RollbackAction, { kind: 'bringBack' | 'pause' }>,
    epoch: number,
  ): Promise<ReachInFlight> {
    const record = await getMigration(db, of.migration);
    const plan = await plans.plan(of.planHash);
    const declared = plan.queues.find(({ id }) => id === queue);
    if (record === undefined || declared === undefined) throw new PlanNotStored();
    return {
      migration: of.migration,
      phase: phase.id,
      cohort: of.cohort,
      unitKind: phase.unit,
      epoch,
      milestones: phase.inFlight.milestones.map(({ id, reachedBy }) => ({ id, reachedBy })),
      reached: [milestone],
      queue: { id: queue, owner: declared.owner, slaMs: declared.sla / record.timeScale },
    };
  }

  async function observe(of: RollbackOf): Promise<ObservedSplit> {
    const observed = await router.readBack(of);
    if (observed === undefined) throw new Error('The traffic router knows of no such split.');
    return observed;
  }
}
