import type { Role } from '../plan/journey';
import { unreachable } from '../unreachable';
import type { Actor } from './actor';
import type { ApprovalRequest, CohortRun } from './cohort-run';
import type { ApproveCommand, Command, CommandName, RollbackCommand } from './commands';
import type { PhaseRules } from './phase-rules';
import { reachesPeople } from './reaches-people';
import { beforeTheRamp, canRollBack, goIsGiven, isGranted, isStoppable } from './transition';

/** Why a command is refused. `code` is stable and part of the API. */
export interface Refusal {
  code:
    | 'approval-not-wanted'
    | 'approved-by-starter'
    | 'already-approved'
    | 'role-missing'
    | 'unverified-actor'
    | 'stale-epoch'
    | 'stale-evidence'
    | 'nothing-to-resume'
    | 'nothing-to-pause'
    | 'nothing-to-roll-back'
    | 'rollback-under-way'
    | 'nobody-comes-back'
    | 'too-late'
    | 'unknown-cohort'
    | 'cohort-needed'
    | 'scope-mismatch'
    | 'replayed-command'
    | 'stale-plan'
    | 'plan-unchanged'
    | 'plan-not-proposed'
    | 'approved-by-proposer'
    | 'plan-change-refused'
    | 'plan-change-under-way';
  message: string;
}

/** Roles that may give a command whatever the plan says; approvals and going on ask for the plan's roles instead. */
export const ROLES_FOR: Readonly<Partial<Record<CommandName, readonly Role[]>>> = {
  pause: ['clinical-lead', 'support-lead', 'release-manager', 'engineer'],
  rollback: ['engineer', 'release-manager', 'clinical-lead'],
  abort: ['release-manager', 'engineer'],
};

/**
 * Whether a cohort can take a command as it stands. Synchronous and pure, as a Temporal validator must be.
 * @param bySignal a plain signal: its actor is not verified, which pause and rollback allow, and approve where the plan does
 */
export function checkCommand(
  run: CohortRun,
  name: CommandName,
  command: Command,
  rules: PhaseRules,
  bySignal = false,
): Refusal | undefined {
  return (
    checkActor(name, command.actor, rules, bySignal) ??
    checkEpoch(run, command) ??
    checkFit(run, name, command, rules, bySignal)
  );
}

function checkActor(name: CommandName, actor: Actor, rules: PhaseRules, bySignal: boolean): Refusal | undefined {
  if (!actor.verified && !bySignal) {
    return refuse('unverified-actor', 'Send this command through the API or the CLI, which verify who gives it.');
  }
  if (!actor.verified && name === 'approve' && !rules.phase.approvals.bySignal) {
    return refuse('unverified-actor', 'The plan takes no approvals by signal. Approve through the API or the CLI.');
  }
  const roles = ROLES_FOR[name];
  return actor.verified ? roles && checkRole(actor, roles) : undefined;
}

export function checkRole(actor: Actor, roles: readonly string[]): Refusal | undefined {
  if (actor.roles.some((role) => roles.includes(role))) return undefined;
  return refuse('role-missing', `This takes one of the roles ${roles.join(', ')}. Ask somebody who has it.`);
}

function checkEpoch(run: CohortRun, command: Command): Refusal | undefined {
  if (command.epoch === undefined || command.epoch === run.epoch) return undefined;
  return refuse(
    'stale-epoch',
    `The split changed since you looked (you sent epoch ${command.epoch}, it is at ${run.epoch}). Look again, then repeat the command if you still want it.`,
  );
}

function checkFit(
  run: CohortRun,
  name: CommandName,
  command: Command,
  rules: PhaseRules,
  bySignal: boolean,
): Refusal | undefined {
  if (run.status === 'committing' || run.status === 'committed') {
    return refuse('too-late', 'This cohort is committed. Going back from here is a reverse cutover, not a rollback.');
  }
  switch (name) {
    case 'approve':
      return checkApproval(run.request, command, rules, bySignal);
    case 'reject':
      return checkRejection(run, command.actor);
    case 'resume':
      if (run.status === 'notReady') return checkRole(command.actor, ['release-manager', 'engineer']);
      if (run.request?.kind !== 'goOn') {
        return refuse(
          'nothing-to-resume',
          'Nothing is paused, held or rolled back here. See `handoff status` for what is waited for.',
        );
      }
      return checkApproval(run.request, command, rules, bySignal);
    case 'pause':
      return isStoppable(run) && run.status !== 'paused'
        ? undefined
        : refuse('nothing-to-pause', 'This cohort is not moving. See `handoff status`.');
    case 'rollback':
      return checkRollback(run, command, rules);
    case 'abort':
      if (run.status === 'rollingBack')
        return refuse('rollback-under-way', 'A rollback is under way. Abort when it is done.');
      return run.status === 'takenOut' ? refuse('too-late', 'This cohort was taken out already.') : undefined;
    default:
      return unreachable(name);
  }
}

/** One of the whole phase, or of more, also ends a go that was not given yet, or half: nobody starts out of the incident. */
function checkRollback(run: CohortRun, command: Partial<RollbackCommand>, { phase }: PhaseRules): Refusal | undefined {
  const { scope = 'cohort', bringBack = false } = command;
  if (bringBack && !reachesPeople(phase, scope, true)) {
    return refuse(
      'nobody-comes-back',
      scope !== 'cohort'
        ? 'By hand people are brought back cohort by cohort. Name one with --cohort, and say --scope cohort.'
        : "The plan names no queue for those who are brought back ('inFlight.queue'), so nobody would work on their cases.",
    );
  }
  if (!canRollBack(run, scope, bringBack)) {
    return run.status === 'rollingBack'
      ? refuse(
          'rollback-under-way',
          'A rollback that goes as far is under way. Follow it with `handoff status --watch`; only a wider one can be given now.',
        )
      : refuse(
          'nothing-to-roll-back',
          run.status === 'rolledBack'
            ? 'This cohort is rolled back already. Those who finish on target can be brought back with --bring-back.'
            : 'Nobody is being moved in this cohort, so there is nothing to roll back.',
        );
  }
  const whole = scope === 'phase' || scope === 'migration';
  return whole || !beforeTheRamp(run) || goIsGiven(run)
    ? undefined
    : refuse(
        'nothing-to-roll-back',
        'Nobody was moved in this cohort yet. Say no with `handoff reject`, or roll the phase back with --scope phase.',
      );
}

/** Whether this person's yes counts towards a request, as it stands. */
export function checkApproval(
  request: ApprovalRequest | undefined,
  command: ApproveCommand,
  rules: Pick<PhaseRules, 'startedBy'>,
  bySignal: boolean,
): Refusal | undefined {
  if (request === undefined || isGranted(request)) {
    return refuse('approval-not-wanted', 'No decision is waited for here. See `handoff status`.');
  }
  const { actor } = command;
  if (command.evidence !== undefined && command.evidence !== request.evidenceHash) {
    return refuse(
      'stale-evidence',
      'The evidence changed since you looked. Look at it again with `handoff status`, then decide.',
    );
  }
  if (request.needs.fourEyes && (!actor.verified || bySignal)) {
    return refuse(
      'unverified-actor',
      'This decision takes four eyes, and an unverified approval never counts towards them. Approve through the API or the CLI.',
    );
  }
  if (request.needs.fourEyes && actor.id === rules.startedBy) {
    return refuse(
      'approved-by-starter',
      'Whoever started the migration cannot approve it here (four eyes). Ask another person of the roles asked for.',
    );
  }
  if (request.given.some((given) => given.actor === actor.id)) {
    return refuse('already-approved', 'You approved this already. It waits for another person.');
  }
  return actor.verified ? checkRole(actor, request.needs.roles) : undefined;
}

function checkRejection(run: CohortRun, actor: Actor): Refusal | undefined {
  if (run.request === undefined)
    return refuse('approval-not-wanted', 'No decision is waited for here. See `handoff status`.');
  return checkRole(actor, run.request.needs.roles);
}

function refuse(code: Refusal['code'], message: string): Refusal {
  return { code, message };
}
