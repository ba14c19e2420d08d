import type { RouteList, RouteStanding, UndeliveredRoute } from '../../domain/status/route-standing';
import { table } from './table';

/** Buckets of one percent. */
const PERCENT = 1_000;

export function routesScreen({ routes, undelivered }: RouteList): string {
  if (routes.length === 0) return 'Nothing outside follows a split of this migration: stacks ask the API.';
  const rows = routes.map((one) => [
    `${one.phase} ${one.cohort}`,
    percent(one.share),
    String(one.epoch),
    String(one.confirmedEpoch),
    one.confirmedAt ?? 'never',
    stands(one),
  ]);
  return [
    table(['COHORT', '#SHARE', '#EPOCH', '#OUTSIDE', 'READ BACK AT', 'STANDS'], rows),
    ...(undelivered.length === 0 ? [] : ['', 'Could not be carried outside in time:', ...undelivered.map(line)]),
  ].join('\n');
}

function stands({ problem, attempts, undelivered, confirmedEpoch, epoch }: RouteStanding): string {
  if (problem !== null) return `${problem}, ${attempts} times${undelivered ? ': WAITS FOR A PERSON' : ''}`;
  return confirmedEpoch === epoch ? 'as it should be' : 'not looked at since';
}

function line({
  phase,
  cohort,
  epoch,
  share,
  problem,
  attempts,
  failingSince,
  settledBy,
  settledAt,
}: UndeliveredRoute): string {
  const end = settledBy === null ? 'waits for a person' : `${settledBy} ${settledAt ?? ''}`;
  return `  ${phase} ${cohort}, epoch ${epoch} (${percent(share)}): ${problem}, ${attempts} times since ${failingSince}; ${end}`;
}

function percent(share: number): string {
  return `${share / PERCENT}%`;
}
