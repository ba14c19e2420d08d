import { createHash, randomUUID } from 'node:crypto';
import {
  ApplicationFailure,
  type WorkflowHandle,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
  WorkflowUpdateStage,
} from '@temporalio/client';
import { DomainError } from '../../domain/domain-error';
import {
  type ApproveCommand,
  type Command,
  type CommandAnswer,
  type CommandName,
  migrationWorkflowId,
  phaseWorkflowId,
  type PlanCommand,
  type PlanCommandName,
  type RollbackCommand,
  type Seal,
} from '../../domain/phase/commands';
import type { Milliseconds } from '../../domain/time/duration';
import { TemporalUnreachable, type TemporalLink } from '../temporal-link';

/** How long a worker may take to take a command up before it counts as away. */
const TAKEN_UP_WITHIN: Milliseconds = 5_000;
/** How long a command that was taken up may take before it is answered as under way. */
const DONE_WITHIN: Milliseconds = 20_000;

export interface SentCommand {
  migration: string;
  /** The migration as a whole where absent. */
  phase?: string;
  name: CommandName | PlanCommandName;
  command: Command | ApproveCommand | RollbackCommand | PlanCommand;
  /** The caller's Idempotency-Key: the same key with the same command is carried out once. */
  idempotencyKey?: string;
}

/** What became of a command. */
export type CommandOutcome =
  | { kind: 'done'; answer: CommandAnswer }
  /** Taken up by a worker, and not over yet. */
  | { kind: 'underWay' }
  /** No worker answers: left with Temporal as a signal, which the first worker that comes back carries out before anything else. */
  | { kind: 'signalled' };

const STATUS_OF: Readonly<Record<string, number>> = {
  'role-missing': 403,
  'approved-by-starter': 403,
  'unverified-actor': 403,
  'approved-by-proposer': 403,
  'unknown-cohort': 404,
};

/** The phase refused a command: the code and the sentence are the workflow's. */
export class CommandRefused extends DomainError {
  readonly status: number;
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
    this.status = STATUS_OF[code] ?? 409;
  }
}

export class PhaseNotUnderWay extends DomainError {
  readonly code = 'phase-not-under-way';
  readonly status = 409;
  constructor() {
    super(
      "This phase takes no commands now: it has not begun, or it has ended. See where it stands with 'handoff status'.",
    );
  }
}

export class MigrationNotUnderWay extends DomainError {
  readonly code = 'migration-not-under-way';
  readonly status = 409;
  constructor() {
    super("This migration takes no commands now: it has ended. See how with 'handoff status' and 'handoff audit'.");
  }
}

export class WorkersAway extends DomainError {
  readonly code = 'workers-away';
  readonly status = 503;
  constructor() {
    super(
      'No worker took the command up. Start a worker, look at the status, and repeat the command if it was not carried out ' +
        '(with the same Idempotency-Key it is carried out once). Pause and rollback are taken even while workers are away.',
    );
  }
}

/**
 * Gives a command to the workflow of a phase, or of the migration, as an Update. Where no worker takes it up, `pause` and `rollback` are left as signals.
 * @throws CommandRefused, PhaseNotUnderWay, MigrationNotUnderWay, WorkersAway, TemporalUnreachable
 */
export async function sendCommand(temporal: TemporalLink, given: SentCommand): Promise<CommandOutcome> {
  // Asked first, so that silence later on means that no worker is there.
  if (!(await temporal.isReachable())) throw unreachableTemporal(given);
  const { workflowId, sent } = sealed(given);
  const handle = temporal.client.workflow.getHandle(workflowId);
  const updateId = updateIdOf(given);
  let takenUp = false;
  try {
    const update = await temporal.within(TAKEN_UP_WITHIN, () =>
      handle.startUpdate<CommandAnswer, [SentCommand['command']]>(sent.name, {
        args: [sent.command],
        updateId,
        waitForStage: WorkflowUpdateStage.ACCEPTED,
      }),
    );
    takenUp = true;
    return { kind: 'done', answer: await temporal.within(DONE_WITHIN, () => update.result()) };
  } catch (error) {
    if (error instanceof WorkflowUpdateFailedError) throw refusalOf(error);
    if (error instanceof WorkflowNotFoundError) throw notUnderWay(given);
    if (takenUp && isSilence(error)) return { kind: 'underWay' };
    if (isSilence(error)) return whileWorkersAreAway(temporal, handle, sent);
    throw error;
  }
}

/**
 * Leaves a pause or a rollback with Temporal, without asking whether a worker is there.
 * @throws PhaseNotUnderWay, MigrationNotUnderWay, TemporalUnreachable
 */
export async function leaveCommand(temporal: TemporalLink, given: SentCommand): Promise<CommandOutcome> {
  const { workflowId, sent } = sealed(given);
  return whileWorkersAreAway(temporal, temporal.client.workflow.getHandle(workflowId), sent);
}

function sealed(given: SentCommand): { workflowId: string; sent: SentCommand } {
  const { migration, phase, name, command } = given;
  const workflowId = phase === undefined ? migrationWorkflowId(migration) : phaseWorkflowId(migration, phase);
  const seal: Seal = { workflowId, name, nonce: randomUUID() };
  return { workflowId, sent: { ...given, command: { ...command, seal } } };
}

function notUnderWay({ phase }: SentCommand): DomainError {
  return phase === undefined ? new MigrationNotUnderWay() : new PhaseNotUnderWay();
}

/** Nobody took the Update up: a pause or a rollback must not be lost for that, everything else waits for a worker. */
async function whileWorkersAreAway(
  temporal: TemporalLink,
  handle: WorkflowHandle,
  sent: SentCommand,
): Promise<CommandOutcome> {
  if (!isUrgent(sent)) throw new WorkersAway();
  try {
    await temporal.within(TAKEN_UP_WITHIN, () => handle.signal(sent.name, sent.command));
    return { kind: 'signalled' };
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) throw notUnderWay(sent);
    throw isSilence(error) ? unreachableTemporal(sent) : error;
  }
}

function isUrgent({ name }: SentCommand): boolean {
  return name === 'pause' || name === 'rollback';
}

function unreachableTemporal(sent: SentCommand): TemporalUnreachable {
  // `hold`: the migration is held in Postgres, whatever becomes of Temporal.
  if (sent.command.hold !== undefined) {
    return new TemporalUnreachable(
      'The migration is held all the same: no split rises, and a worker pauses it when it is back.',
    );
  }
  const meanwhile =
    ' Unattended, a split falls to legacy when its lease ends; stop the workers to make sure that nobody renews it.';
  return new TemporalUnreachable(`Repeat the command when it is back.${isUrgent(sent) ? meanwhile : ''}`);
}

/**
 * The caller's key, bound to who sent what: another actor's key, or the same key on another command, is another Update. Hashed,
 * because update ids are readable in Temporal (I15).
 */
export function updateIdOf({ name, command, idempotencyKey }: SentCommand): string {
  if (idempotencyKey === undefined) return randomUUID();
  const { actor, hold: _whichever, ...content } = command;
  const sorted = Object.fromEntries(Object.entries(content).sort(([one], [other]) => (one < other ? -1 : 1)));
  return createHash('sha256')
    .update(JSON.stringify([idempotencyKey, actor.id, name, sorted]))
    .digest('hex');
}

function refusalOf(error: WorkflowUpdateFailedError): Error {
  const { cause } = error;
  if (!(cause instanceof ApplicationFailure)) return error;
  // Codes are the product's; a class name such as `TypeError` is a failure that nobody foresaw.
  const code = cause.type ?? '';
  return /^[a-z]+(-[a-z]+)*$/.test(code) ? new CommandRefused(code, cause.message) : error;
}

/** gRPC's CANCELLED, DEADLINE_EXCEEDED and UNAVAILABLE. */
const SILENT_CODES: readonly unknown[] = [1, 4, 14];

/** Whether a call ended because nobody answered, wherever in the chain that is said. */
export function isSilence(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError) return true;
  if ('code' in error && SILENT_CODES.includes(error.code)) return true;
  // The connection's own wording for 'not connected within the time limit'.
  if (error.message === 'Failed to connect before the deadline') return true;
  return isSilence(error.cause);
}
