import type { RollbackScope } from '../plan/plan-schema';
import type { Actor } from './actor';
import type { Told } from './transition';

/** What people can tell a phase. All are Temporal Updates; those in SIGNALS can also be sent as plain signals. */
export const COMMANDS = ['approve', 'reject', 'pause', 'resume', 'rollback', 'abort'] as const;
export type CommandName = (typeof COMMANDS)[number];

/** Commands that an engineer with nothing but the Temporal CLI can give, even while workers are down. */
export const SIGNALS = ['approve', 'pause', 'rollback'] as const;
export type SignalName = (typeof SIGNALS)[number];

/** What people can tell a migration about its plan. All are Temporal Updates. */
export const PLAN_COMMANDS = ['proposePlan', 'approvePlan', 'rejectPlan'] as const;
export type PlanCommandName = (typeof PLAN_COMMANDS)[number];

/** What is sealed: people's commands, and the plan that a migration gives its phase. */
export type SealedName = CommandName | PlanCommandName | 'takePlan';

/** What every command carries. */
export interface Command {
  actor: Actor;
  /** One cohort; all cohorts of the phase that the command fits where absent. */
  cohort?: string;
  /** The split's epoch that the sender saw; refused as stale where it has changed since. Not checked where absent. */
  epoch?: number;
  /** Put on by the API. Without it no actor counts as verified. */
  seal?: Seal;
  /** Put on by the migration's workflow where it hands a command on: what its phase answers with. */
  answerTo?: string;
  /** Put on by the API and by workers: number of the hold in Postgres that this pause or rollback of a migration tells of. */
  hold?: number;
  /** Why, for the audit log. At most 500 characters; nothing of a patient. */
  reason?: string;
}

/**
 * Binds a command to one workflow, one name and one sending. Payloads are encrypted, but an encrypted payload could be copied out of
 * a history and sent again: what is sealed for another place, or was seen before, is refused.
 */
export interface Seal {
  workflowId: string;
  name: SealedName;
  /** Unique to this sending. */
  nonce: string;
}

export interface ApproveCommand extends Command {
  /** Hash of the evidence that the approver saw; refused where the evidence has changed since. */
  evidence?: string;
}

export interface PlanCommand extends Command {
  /** The version that this is about. */
  planHash: string;
  /** Of a proposal: the version that it was made from; refused where that is not the one in force. */
  base?: string;
}

export interface RollbackCommand extends Command {
  /** How far back: one step, the cohort's whole ramp, every cohort of the phase, or the migration, which then starts no other phase. */
  scope: RollbackScope;
  /** Everyone comes back who may, whatever the plan says of them, for as long as the queue has room. Also after a rollback. */
  bringBack?: boolean;
}

/** What a command came to, per cohort it touched. */
export interface CommandAnswer {
  cohorts: { cohort: string; status: string; epoch: number }[];
  /** Where the migration as a whole stands, where the command went to it. */
  migration?: { status: string; phase: string | null };
}

/** What a phase tells the migration that it is of. */
export type PhaseReport =
  /** It was told of another version of the plan, and goes by it from each cohort's next step on; or it cannot, and why. */
  | { kind: 'tookPlan'; answerTo: string; refusal?: string }
  /** It carried out a command that was handed on to it. */
  | { kind: 'took'; answerTo: string; cohorts: CommandAnswer['cohorts'] }
  /** One of its gates, or somebody who spoke to it alone, took the whole migration back. */
  | { kind: 'migrationRolledBack'; by: string; verified: boolean; because: string }
  /** It ends, and could not tell people this yet. */
  | { kind: 'untold'; notices: PhaseNotice[] };

/** What people are told of a cohort. */
export interface PhaseNotice extends Told {
  /** The same for each attempt to tell it, whoever makes it. */
  onceKey: string;
  migration: string;
  phase: string;
  cohort: string;
}

/** What a plain signal may carry: `temporal workflow signal --name rollback --input '{"actor":"erin","scope":"phase"}'`. */
export interface PlainSignal {
  actor?: string | Actor;
  cohort?: string;
  scope?: RollbackScope;
  reason?: string;
}

/** Workflow id of a migration. */
export function migrationWorkflowId(migration: string): string {
  return migration;
}

/** Workflow id of a phase, and the key of its flag. */
export function phaseWorkflowId(migration: string, phase: string): string {
  return `${migration}.${phase}`;
}
