import {
  ApplicationFailure,
  CancellationScope,
  condition,
  defineSignal,
  defineUpdate,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { Refusal } from '../domain/phase/check-command';
import { trafficIsBack } from '../domain/phase/cohort-run';
import { sealHolds } from '../domain/phase/check-seal';
import { chooseCohorts } from '../domain/phase/choose-cohorts';
import type { CohortEvent } from '../domain/phase/cohort-event';
import type {
  ApproveCommand,
  Command,
  CommandAnswer,
  CommandName,
  RollbackCommand,
  SignalName,
} from '../domain/phase/commands';
import type { PhaseRules } from '../domain/phase/phase-rules';
import { readSignal } from '../domain/phase/plain-signal';
import { unreachable } from '../domain/unreachable';
import type { CohortRunner } from './cohort-runner';
import { reportToMigration } from './report-to-migration';

export const approve = defineUpdate<CommandAnswer, [ApproveCommand]>('approve');
export const reject = defineUpdate<CommandAnswer, [Command]>('reject');
export const pause = defineUpdate<CommandAnswer, [Command]>('pause');
export const resume = defineUpdate<CommandAnswer, [ApproveCommand]>('resume');
export const rollback = defineUpdate<CommandAnswer, [RollbackCommand]>('rollback');
export const abort = defineUpdate<CommandAnswer, [Command]>('abort');

export const approveSignal = defineSignal<[unknown]>('approve');
export const pauseSignal = defineSignal<[unknown]>('pause');
export const rollbackSignal = defineSignal<[unknown]>('rollback');

/**
 * Takes people's commands in. Called before the workflow's first await, so that none is lost.
 * @param rules of the newest version of the plan
 */
export function handleCommands(cohorts: readonly CohortRunner[], rules: () => PhaseRules): void {
  const { workflowId } = workflowInfo();
  const seen = new Set<string>();
  const updates = { approve, reject, pause, resume, rollback, abort } as const;
  for (const name of Object.keys(updates) as CommandName[]) {
    setHandler(updates[name], (command: Command) => take(name, command), {
      // Synchronous: the SDK ignores a returned promise, so an async validator would accept everything.
      validator: (command: Command) => {
        const refusal = chooseForUpdate(name, command).refusal;
        if (refusal !== undefined) throw ApplicationFailure.nonRetryable(refusal.message, refusal.code);
      },
    });
  }

  async function take(name: CommandName, command: Command): Promise<CommandAnswer> {
    const { runners, refusal } = chooseForUpdate(name, command);
    // Between the validator and here nothing runs, so it still fits; should that change, nothing is done unasked.
    if (refusal !== undefined) throw ApplicationFailure.nonRetryable(refusal.message, refusal.code);
    if (command.seal !== undefined) seen.add(command.seal.nonce);
    for (const runner of runners) runner.apply(eventOf(name, command));
    // I2: a stop is answered when nobody new goes to target by it, wherever it reaches.
    if (name === 'rollback' || name === 'abort') await goesBack(isOfAll(command) ? cohorts : runners);
    // A rollback is not kept from its answer by writing it down, which may still be under way.
    if (name !== 'rollback') await Promise.all(runners.map((runner) => runner.written()));
    return { cohorts: runners.map(standing) };
  }

  /** An update that came in plain, or whose seal does not hold, has no verified actor, whoever it names. */
  function chooseForUpdate(name: CommandName, command: Command): { runners: CohortRunner[]; refusal?: Refusal } {
    if (isStamped(command)) return choose(name, { ...command, actor: readSignal(command).actor });
    if (sealHolds(command, name, workflowId, seen)) return choose(name, command);
    const message = 'This command was sent before, or for something else. Look at the status, then give it anew.';
    return { runners: [], refusal: { code: 'replayed-command', message } };
  }

  const signals = { approve: approveSignal, pause: pauseSignal, rollback: rollbackSignal } as const;
  for (const name of Object.keys(signals) as SignalName[]) {
    setHandler(signals[name], async (payload: unknown) => {
      // A signal never throws: it would block the workflow. What does not fit is written down as refused.
      const command = readSignal(payload);
      takeSignal(name, command);
      if (command.answerTo !== undefined) await answer(command.answerTo);
    });
  }

  function takeSignal(name: SignalName, command: ReturnType<typeof readSignal>): void {
    if (command.actor.verified) {
      if (!sealHolds(command, name, workflowId, seen)) {
        refuse(name, command, 'replayed-command');
        return;
      }
      if (command.seal !== undefined) seen.add(command.seal.nonce);
    }
    const scope = command.scope ?? (command.cohort === undefined ? 'phase' : 'cohort');
    const asked: Command = name === 'rollback' ? { ...command, scope } : command;
    const { runners, refusal } = choose(name, asked, true);
    if (refusal === undefined) for (const runner of runners) runner.apply(eventOf(name, asked));
    else refuse(name, command, refusal.code);
  }

  /** Tells the migration, which handed the command on, how its phase stands once nobody new goes to target (I2). */
  async function answer(answerTo: string): Promise<void> {
    await CancellationScope.nonCancellable(async () => {
      await goesBack(cohorts);
      await Promise.all(cohorts.map((cohort) => cohort.written()));
    });
    await reportToMigration({ kind: 'took', answerTo, cohorts: cohorts.map(standing) });
  }

  function refuse(signal: SignalName, { actor }: Command, code: Refusal['code']): void {
    cohorts[0]?.apply({ kind: 'signalRefused', signal, actor: actor.id, code });
  }

  function choose(
    name: CommandName,
    command: Command,
    bySignal = false,
  ): { runners: CohortRunner[]; refusal?: Refusal } {
    const chosen = chooseCohorts(
      cohorts.map(({ run }) => run),
      name,
      command,
      rules(),
      bySignal,
    );
    const runners = cohorts.filter(({ cohort }) => chosen.cohorts.includes(cohort));
    return { runners, ...(chosen.refusal && { refusal: chosen.refusal }) };
  }
}

async function goesBack(runners: readonly CohortRunner[]): Promise<void> {
  await condition(() => runners.every(({ run }) => trafficIsBack(run)));
}

/** Whether this is a rollback that reaches every cohort of the phase: those too that were being taken out already. */
function isOfAll(command: Partial<RollbackCommand>): boolean {
  return command.scope === 'phase' || command.scope === 'migration';
}

function standing({ run }: CohortRunner): CommandAnswer['cohorts'][number] {
  return { cohort: run.cohort, status: run.status, epoch: run.epoch };
}

export function isStamped(command: Command): boolean {
  return (command as Command & { unverified?: boolean }).unverified === true;
}

function eventOf(name: CommandName, command: Command): CohortEvent {
  const { actor } = command;
  const reason = command.reason === undefined ? {} : { reason: command.reason };
  switch (name) {
    case 'approve':
    case 'reject':
    case 'resume':
    case 'abort':
      return { kind: name, actor, ...reason };
    case 'pause':
      return {
        kind: 'pause',
        actor: actor.id,
        verified: actor.verified,
        because: { code: 'command', message: command.reason ?? `Paused by ${actor.id}.` },
        ...reason,
      };
    case 'rollback': {
      const { scope, bringBack } = command as RollbackCommand;
      const byHand = bringBack === true ? { byHand: true } : {};
      const because = command.reason ?? `Rolled back by ${actor.id}.`;
      const handedOn = command.answerTo !== undefined;
      return {
        kind: 'rollback',
        scope,
        by: actor.id,
        verified: actor.verified,
        because,
        handedOn,
        ...byHand,
        ...reason,
      };
    }
    default:
      return unreachable(name);
  }
}
