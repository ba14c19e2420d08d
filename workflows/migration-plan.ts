import { ApplicationFailure, defineUpdate, setHandler, workflowInfo } from '@temporalio/workflow';
import type { JudgedPlan } from '../activities/phase-activities';
import { checkPlanCommand } from '../domain/migration/check-plan-command';
import type { Refusal } from '../domain/phase/check-command';
import { sealHolds } from '../domain/phase/check-seal';
import { PLAN_COMMANDS, type CommandAnswer, type PlanCommand, type PlanCommandName } from '../domain/phase/commands';
import { unreachable } from '../domain/unreachable';
import { genuine } from './genuine';
import type { MigrationRunner } from './migration-runner';
import { quick } from './phase-activity-proxies';
import { isStamped } from './phase-commands';

const UPDATES = {
  proposePlan: defineUpdate<CommandAnswer, [PlanCommand]>('proposePlan'),
  approvePlan: defineUpdate<CommandAnswer, [PlanCommand]>('approvePlan'),
  rejectPlan: defineUpdate<CommandAnswer, [PlanCommand]>('rejectPlan'),
} as const;

/** Takes in what people say of the plan of a migration that is under way (R36). Called before the workflow's first await. */
export function handlePlanCommands(runner: MigrationRunner): void {
  const { workflowId } = workflowInfo();
  const seen = new Set<string>();
  for (const name of PLAN_COMMANDS) {
    setHandler(UPDATES[name], (command: PlanCommand) => take(name, command), {
      validator: (command: PlanCommand) => {
        throwWhere(refusalOf(name, command));
      },
    });
  }

  async function take(name: PlanCommandName, command: PlanCommand): Promise<CommandAnswer> {
    throwWhere(refusalOf(name, command));
    if (command.seal !== undefined) seen.add(command.seal.nonce);
    await runner.ready();
    // While the plan was being read, somebody else may have been first.
    throwWhere(whyNotNow(name, command));
    await carryOut(name, command);
    await runner.written();
    const { status, phase } = runner.run;
    return { cohorts: [], migration: { status, phase } };
  }

  async function carryOut(name: PlanCommandName, command: PlanCommand): Promise<void> {
    const { actor, planHash, reason } = command;
    const why = reason === undefined ? {} : { reason };
    switch (name) {
      case 'proposePlan':
        await runner.changePlan(async () => {
          const { needs } = await judge(command);
          runner.apply({ kind: 'planProposed', planHash, actor, needs, ...why });
        });
        return;
      case 'approvePlan':
        await runner.changePlan(() => adopt(command));
        return;
      case 'rejectPlan':
        runner.apply({ kind: 'planRejected', actor, ...why });
        return;
      default:
        unreachable(name);
    }
  }

  /** The phase under way takes it first: then nothing that it stands for can be told otherwise. */
  async function adopt(command: PlanCommand): Promise<void> {
    const { actor, planHash: to, reason } = command;
    const { proposal, planVersion = 1 } = runner.run;
    if (proposal === undefined) return;
    let { phases, needs } = await judge(command);
    // A phase may have begun since it was proposed.
    throwWhere(
      checkPlanCommand({ ...runner.run, proposal: { ...proposal, needs } }, 'approvePlan', command, runner.goesBy),
    );
    const given = await runner.givePlan(phases);
    if (given?.refusal !== undefined) await refuse(command, [given.refusal]);
    // One may have ended in between, too, without having taken it.
    if (given === undefined) ({ phases, needs } = await judge(command));
    const { migration, planHash: from } = runner.goesBy;
    const people = { proposedBy: proposal.by, approvedBy: actor.id, ...(reason !== undefined && { reason }) };
    genuine(await quick.adoptPlan({ migration, from, to, version: planVersion + 1, ...people }));
    runner.adopt(to, phases, { kind: 'planAdopted', actor });
  }

  async function judge(command: PlanCommand): Promise<JudgedPlan> {
    const { migration, planHash: from } = runner.goesBy;
    const of = { migration, from, to: command.planHash, ...runner.stand };
    const judged = genuine(await quick.judgePlanChange(of));
    if (judged.refused.length > 0) await refuse(command, judged.refused);
    return judged;
  }

  async function refuse({ planHash, actor }: PlanCommand, because: readonly string[]): Promise<never> {
    runner.apply({ kind: 'planRefused', planHash, actor, because });
    await runner.written();
    throw ApplicationFailure.nonRetryable(
      `This version cannot be taken while the migration is under way. ${because.join(' ')}`,
      'plan-change-refused',
    );
  }

  /** An update that came in plain, or whose seal does not hold, has no verified actor, whoever it names. */
  function refusalOf(name: PlanCommandName, command: PlanCommand): Refusal | undefined {
    if (isStamped(command)) {
      const message = 'Send this command through the API or the CLI, which verify who gives it.';
      return { code: 'unverified-actor', message };
    }
    if (!sealHolds(command, name, workflowId, seen)) {
      const message = 'This command was sent before, or for something else. Look at the status, then give it anew.';
      return { code: 'replayed-command', message };
    }
    return whyNotNow(name, command);
  }

  function whyNotNow(name: PlanCommandName, command: PlanCommand): Refusal | undefined {
    if (runner.isChangingPlan) {
      const message =
        'Another change of the plan is being carried out. Look at the versions in some seconds, then decide.';
      return { code: 'plan-change-under-way', message };
    }
    return checkPlanCommand(runner.run, name, command, runner.goesBy);
  }
}

function throwWhere(refusal: Refusal | undefined): void {
  if (refusal !== undefined) throw ApplicationFailure.nonRetryable(refusal.message, refusal.code);
}
