import { checkRole, type Refusal } from '../phase/check-command';
import type { PlanCommand, PlanCommandName } from '../phase/commands';
import type { Role } from '../plan/journey';
import { unreachable } from '../unreachable';
import type { MigrationRun } from './migration-run';
import type { MigrationRules } from './migration-transition';

/** Who may propose another version of a plan; who has to agree to it follows from what it changes. */
export const PROPOSERS: readonly Role[] = ['release-manager'];
/** Who may say no to one. */
export const REJECTERS: readonly Role[] = ['release-manager', 'clinical-lead'];

/** Whether a migration can take a command about its plan as it stands. Synchronous and pure, as a Temporal validator must be. */
export function checkPlanCommand(
  run: MigrationRun,
  name: PlanCommandName,
  command: PlanCommand,
  rules: Pick<MigrationRules, 'planHash'>,
): Refusal | undefined {
  const { actor, planHash, base } = command;
  if (!actor.verified) {
    const message = 'Send this command through the API or the CLI, which verify who gives it.';
    return { code: 'unverified-actor', message };
  }
  const { proposal } = run;
  switch (name) {
    case 'proposePlan':
      if (base !== rules.planHash) {
        const message =
          'The plan in force is not the one that this was made from: somebody else changed it meanwhile. Compare the two, then propose anew.';
        return { code: 'stale-plan', message };
      }
      if (planHash === rules.planHash) {
        return { code: 'plan-unchanged', message: 'This is the plan in force: there is nothing to change.' };
      }
      return checkRole(actor, PROPOSERS);
    case 'approvePlan':
      if (proposal?.planHash !== planHash) return notProposed();
      if (proposal.needs.fourEyes && actor.id === proposal.by) {
        const message = 'It changes what is under way, so it takes two people. Ask another one of the roles asked for.';
        return { code: 'approved-by-proposer', message };
      }
      return checkRole(actor, proposal.needs.roles);
    case 'rejectPlan':
      return proposal?.planHash === planHash ? checkRole(actor, REJECTERS) : notProposed();
    default:
      return unreachable(name);
  }
}

function notProposed(): Refusal {
  const message = "No such version waits for a decision. See 'handoff plan versions' for what does.";
  return { code: 'plan-not-proposed', message };
}
