import type { MigrationStatus } from '../../domain/status/migration-status';

/** In one line, what keeps arrivals on legacy that the splits would let go to target; undefined where nothing does. */
export function arrivalsLine({ state, phases, limbo }: MigrationStatus): string | undefined {
  if (state === 'ended') return undefined;
  const open = phases.flatMap(({ phase, cohorts }) =>
    cohorts.flatMap(({ cohort, split }) =>
      split === null || split.mode !== 'open' || split.share === 0 ? [] : [{ name: `${phase}/${cohort}`, ...split }],
    ),
  );
  const unattended = open.filter(({ lapsed }) => lapsed).map(({ name }) => name);
  // An API of an earlier release says nothing of it.
  const inLimbo = open.length === 0 ? [] : ((limbo as typeof limbo | undefined) ?? []);
  const reasons = [
    ...inLimbo.map(
      ({ process, since }) => `API process ${process} is in limbo since ${since}, see 'handoff processes'`,
    ),
    ...(unattended.length === 0 ? [] : [`nobody looks after ${unattended.join(', ')}`]),
  ];
  return reasons.length === 0 ? undefined : `arrivals go to legacy: ${reasons.join('; ')}`;
}
