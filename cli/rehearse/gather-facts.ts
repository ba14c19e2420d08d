import type { AuditEntry } from '../../domain/status/audit-page';
import type { ExceptionEntry } from '../../domain/status/exception-page';
import type { MigrationStatus } from '../../domain/status/migration-status';
import type { Side } from '../../domain/sides/side';
import type { Milliseconds } from '../../domain/time/duration';
import type { SandboxState, ToldAnswer } from '../../sandbox/control/control-contract';
import type { DroppedEvent, TallyCounts } from '../../sandbox/events/event-tally';
import type { RunState } from '../../sandbox/runs/run-state';
import type { Rehearsal } from './rehearsal';
import { rehearsalFailed } from './rehearsal-failure';
import type { EventFacts, RollbackFacts } from './rehearsal-report';

/** What both ends say once everything has come to rest: the stacks and their patients on one, the API on the other. */
export interface Facts {
  status: MigrationStatus;
  run: RunState;
  events: EventFacts;
  /** Events that the stacks emitted, by type. */
  emitted: Readonly<Record<string, number>>;
  /** What the API wrote down, by phase. */
  placed: Readonly<Record<string, Record<Side, number>>>;
  /** What the stacks were told, unit by unit. */
  told: ToldAnswer['told'];
  exceptions: ExceptionEntry[];
  /** The events that faults took. */
  lost: DroppedEvent[];
  audit: AuditEntry[];
}

export async function gatherFacts(rehearsal: Rehearsal): Promise<Facts> {
  const { migration } = rehearsal.setup;
  const status = await rehearsal.status();
  const state = await rehearsal.sandbox.state();
  return {
    status,
    run: runOf(state, migration),
    events: eventFacts(status, state.events[migration]),
    emitted: emittedByType(state.events[migration]),
    placed: placedByPhase(status),
    told: await rehearsal.sandbox.told(migration),
    exceptions: await rehearsal.exceptions(),
    lost: await rehearsal.dropped(),
    audit: await rehearsal.audit(),
  };
}

/** The rehearsal's patients. */
export function runOf(state: SandboxState, migration: string): RunState {
  const run = state.runs.find((each) => each.migration === migration);
  if (run === undefined)
    throw rehearsalFailed('patients-gone', 'The sandbox was restarted and has forgotten its patients.');
  return run;
}

function placedByPhase({ phases }: MigrationStatus): Record<string, Record<Side, number>> {
  return Object.fromEntries(
    phases.map(({ phase, cohorts }) => [
      phase,
      {
        legacy: cohorts.reduce((sum, { placements }) => sum + placements.legacy, 0),
        target: cohorts.reduce((sum, { placements }) => sum + placements.target, 0),
      },
    ]),
  );
}

function eventFacts({ events }: MigrationStatus, counts: Record<Side, TallyCounts> | undefined): EventFacts {
  const sides = counts === undefined ? [] : [counts.legacy, counts.target];
  const sum = (of: (count: TallyCounts) => number): number => sides.reduce((total, count) => total + of(count), 0);
  return {
    sent: { legacy: counts?.legacy.emitted ?? 0, target: counts?.target.emitted ?? 0 },
    acknowledged: sum(({ acknowledged }) => acknowledged),
    refused: sum(({ refused }) => Object.values(refused).reduce((total, count) => total + count, 0)),
    slowest: Math.max(0, ...sides.map(({ slowest }) => slowest)),
    lost: sum(({ dropped }) => dropped),
    ...events,
  };
}

function emittedByType(counts: Record<Side, TallyCounts> | undefined): Record<string, number> {
  const all: Record<string, number> = {};
  for (const { emittedByType: of } of counts === undefined ? [] : [counts.legacy, counts.target]) {
    for (const [type, count] of Object.entries(of)) all[type] = (all[type] ?? 0) + count;
  }
  return all;
}

/** Which part of a migration's audit log a rollback is looked for in. */
export interface RollbackPlace {
  phase?: string;
  /** Not before this, ISO text. */
  since?: string | undefined;
  /** Not after this. */
  until?: string | undefined;
}

/** The first way back that a gate took; undefined where there was none. */
export function rollbackFacts(audit: readonly AuditEntry[], place: RollbackPlace = {}): RollbackFacts | undefined {
  const here = audit.filter(
    ({ phase, at }) =>
      (place.phase === undefined || phase === place.phase) &&
      (place.since === undefined || Date.parse(at) >= Date.parse(place.since)) &&
      (place.until === undefined || Date.parse(at) <= Date.parse(place.until)),
  );
  const crossed = here.find(({ action }) => action === 'gate.limitCrossed');
  const newestAt = crossed === undefined ? undefined : newestOf(crossed.evidence);
  // By time: traffic comes first, so the split's own entry may be written before the verdict's.
  const down = here.find(
    ({ action, at, cohort }) =>
      action === 'split.rollback' &&
      cohort === crossed?.cohort &&
      newestAt !== undefined &&
      Date.parse(at) >= Date.parse(newestAt),
  );
  if (crossed === undefined || newestAt === undefined || down === undefined) return undefined;
  const took: Milliseconds = Date.parse(down.at) - Date.parse(newestAt);
  return { by: crossed.actor, because: crossed.reason ?? '', outcomeFinalAt: newestAt, splitDownAt: down.at, took };
}

function newestOf(evidence: unknown): string | undefined {
  if (typeof evidence !== 'object' || evidence === null || !('newestAt' in evidence)) return undefined;
  return typeof evidence.newestAt === 'string' ? evidence.newestAt : undefined;
}
