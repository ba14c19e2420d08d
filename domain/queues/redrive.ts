import type { Side } from '../sides/side';
import type { UnitKind } from '../sides/units';
import type { Milliseconds } from '../time/duration';

/** Why a command is sent again. For the audit log; no text of anybody's. */
export const REDRIVE_REASONS = ['never-arrived', 'not-carried-out', 'fault-mended', 'lost-in-outage'] as const;
export type RedriveReason = (typeof REDRIVE_REASONS)[number];

/**
 * `waiting` to be sent, or to be sent again; `sent`: the system took it, which is not yet that it did it; `refused`: it will not; `failed`: it could not be
 * handed over; `dropped`: there was no need any more.
 */
export const REDRIVE_STATES = ['waiting', 'sent', 'refused', 'failed', 'dropped'] as const;
export type RedriveState = (typeof REDRIVE_STATES)[number];

/**
 * `answered`: with a status that is no success; `timedOut`; `unreachable`; `noEndpoint`: no worker that knows an address of the system took it; `noWord`: whoever sent it
 * is gone, so nobody knows; `caseEnded`; `recovered`: what was missing came; `sideMoved`: the patient is on the other side by now, whose system it is not.
 */
export const REDRIVE_WHYS = [
  'answered',
  'timedOut',
  'unreachable',
  'noEndpoint',
  'noWord',
  'caseEnded',
  'recovered',
  'sideMoved',
] as const;
export type RedriveWhy = (typeof REDRIVE_WHYS)[number];

/** A command that some system owes. */
export interface OwedCommand {
  command: string;
  /** The plan's system that carries it out. */
  system: string;
  /** The event that opens the handoff. */
  start: string;
  /** In whose phase, */
  from: PhaseUnits;
  /** and that of its end: whose units' side owes the command. */
  to: PhaseUnits;
}

/** What has a side in a phase. */
export interface PhaseUnits {
  phase: string;
  unit: UnitKind;
  /** Until it is known who the patient is. */
  anonymousUnit?: UnitKind | undefined;
}

/** What became of handing a command over once. */
export type HandedOver =
  | { kind: 'taken'; status: number }
  | { kind: 'refused'; status: number }
  | { kind: 'away'; why: 'answered' | 'timedOut' | 'unreachable'; status: number | null };

/**
 * Those that say nothing of the command: asked again, they may answer another. 409 is what a receiver that knows keys says while the first request by this one
 * is still under way (draft-ietf-httpapi-idempotency-key-header, section 2.6; Stripe's API).
 */
const PASSING = new Set([408, 409, 425, 429]);

/** What an answer's status says of a command: any 2xx took it, any 4xx refused it but for those that pass, and all others may change. */
export function judgeStatus(status: number): HandedOver {
  if (status >= 200 && status <= 299) return { kind: 'taken', status };
  if (status >= 400 && status <= 499 && !PASSING.has(status)) return { kind: 'refused', status };
  return { kind: 'away', why: 'answered', status };
}

/** Tries of one redrive: spread over some twenty minutes, which a restart or a deployment passes in. Then a person decides. */
export const MOST_TRIES = 10;
const FIRST_RETRY: Milliseconds = 5_000;
const LAST_RETRY: Milliseconds = 5 * 60_000;

/** How long is waited after a try in vain. @param tries how many there were, from 1 */
export function waitAfter(tries: number): Milliseconds {
  return Math.min(FIRST_RETRY * 2 ** Math.min(tries - 1, 20), LAST_RETRY);
}

/** What tries in vain take together, but for the waiting for answers: so long is waited for a worker that knows the system's address, too. */
export const ALL_TRIES_TAKE: Milliseconds = Array.from({ length: MOST_TRIES - 1 }, (_, index) =>
  waitAfter(index + 1),
).reduce((sum, wait) => sum + wait, 0);

/** A missed handoff of a case, as a system that owes its end is told of it. */
export interface RedrivenCase {
  /** As in the header, which no signature covers. */
  key: string;
  system: string;
  migration: string;
  exception: string;
  handoff: string;
  /** That must end it. */
  side: Side;
  /** The episode's key. */
  journey: string;
  /** The patient's key. */
  subject: string;
  /** What opened it, where one event alone can have been that. */
  start?: { source: string; id: string; type: string; at: string } | undefined;
  /** The codes that have no end yet, where there must be one for each. */
  lacking?: readonly string[] | undefined;
}

/** What is sent: keys, numbers and names of the plan, and nothing else of anybody (I15). */
export function redriveBody(command: string, redriven: RedrivenCase): string {
  const { key, system, migration, exception, handoff, side, journey, subject, start, lacking } = redriven;
  const of = { migration, case: exception, handoff, side, journey, subject, start, lacking };
  return JSON.stringify({ command, key, system, ...of });
}
