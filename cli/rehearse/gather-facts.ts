import type { AuditEntry } from '../../domain/status/audit-page';
import type { ExceptionEntry } from '../../domain/status/exception-page';
import type { MigrationStatus } from '../../domain/status/migration-status';
import type { Side } from '../../domain/sides/side';
import type { SandboxState } from '../../sandbox/control/control-contract';
import type { TallyCounts } from '../../sandbox/events/event-tally';
import type { RunState } from '../../sandbox/runs/run-state';
import type { Rehearsal } from './rehearsal';
import { rehearsalFailed } from './rehearsal-failure';
import type { EventFacts, RollbackFacts } from './rehearsal-report';
import { phaseOf } from './standing';

/** What both ends say once everything has come to rest: the stacks and their patients on one, the API on the other. */
export interface Facts {
  status: MigrationStatus;
  run: RunState;
  events: EventFacts;
  placed: Record<Side, number>;
  exceptions: ExceptionEntry[];
  /** The events that the planted fault took. */
  lost: { journey: string; sequence: number }[];
  /** The first way back that a gate took, and how many there were. */
  rollback: RollbackFacts | undefined;
  rollbacks: number;
}

export async function gatherFacts(rehearsal: Rehearsal): Promise<Facts> {
  const { migration, phase } = rehearsal.setup;
  const status = await rehearsal.status();
  const state = await rehearsal.sandbox.state();
  const dropped = await rehearsal.sandbox.dropped(migration);
  const audit = await rehearsal.audit();
  const placed = { legacy: 0, target: 0 };
  for (const { placements } of phaseOf(status, phase.id).cohorts) {
    placed.legacy += placements.legacy;
    placed.target += placements.target;
  }
  return {
    status,
    run: runOf(state, migration),
    events: eventFacts(status, state.events[migration]),
    placed,
    exceptions: await rehearsal.exceptions(),
    lost: [...dropped.legacy, ...dropped.target],
    rollback: rollbackFacts(audit),
    rollbacks: audit.filter(({ action }) => action === 'gate.limitCrossed').length,
  };
}

/** The rehearsal's patients. */
export function runOf(state: SandboxState, migration: string): RunState {
  const run = state.runs.find((each) => each.migration === migration);
  if (run === undefined)
    throw rehearsalFailed('patients-gone', 'The sandbox was restarted and has forgotten its patients.');
  return run;
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

export function rollbackFacts(audit: readonly AuditEntry[]): RollbackFacts | undefined {
  const crossed = audit.find(({ action }) => action === 'gate.limitCrossed');
  const newestAt = crossed === undefined ? undefined : newestOf(crossed.evidence);
  // By time: traffic comes first, so the split's own entry may be written before the verdict's.
  const down = audit.find(
    ({ action, at }) => action === 'split.rollback' && newestAt !== undefined && Date.parse(at) >= Date.parse(newestAt),
  );
  if (crossed === undefined || newestAt === undefined || down === undefined) return undefined;
  return {
    by: crossed.actor,
    because: crossed.reason ?? '',
    outcomeFinalAt: newestAt,
    splitDownAt: down.at,
    took: Date.parse(down.at) - Date.parse(newestAt),
  };
}

function newestOf(evidence: unknown): string | undefined {
  if (typeof evidence !== 'object' || evidence === null || !('newestAt' in evidence)) return undefined;
  return typeof evidence.newestAt === 'string' ? evidence.newestAt : undefined;
}
