import { formatDuration } from '../../time/duration';
import type { Draft } from '../draft';
import { quoteName } from '../plan-problem';
import type { PlanCohort } from '../plan-schema';
import { readable, type Rule } from './rule';

/** The first cohort that matches takes a unit: who is to stay on legacy stands before those who move. */
export const legacyCohortsFirst: Rule = function* ({ phases }) {
  const left = new Set<string>();
  for (const [phaseIndex, { cohorts = [] }] of readable(phases)) {
    for (const [index, cohort] of readable(cohorts)) {
      if (!Object.hasOwn(cohort, 'staysOnLegacy')) continue;
      const above = [...readable(cohorts.slice(0, index))].find(
        ([, other]) => !Object.hasOwn(other, 'staysOnLegacy') && !left.has(other.id ?? '') && overlap(other, cohort),
      );
      if (cohort.id !== undefined) left.add(cohort.id);
      if (above === undefined) continue;
      yield {
        code: 'WH550',
        path: ['phases', phaseIndex, 'cohorts', index, 'id'],
        message: `Those of them who are in ${quoteName(above[1].id ?? '')} too are moved by its ramp: the first cohort that matches takes a unit. Move this one before it.`,
      };
    }
  }
};

/** I14: a cohort that is taken out by name in one phase is the same people in the phases after it. */
export const legacyCohortsStayThemselves: Rule = function* ({ phases }) {
  const first = new Map<string, { phase: string; when: string }>();
  for (const [phaseIndex, { id: phase, cohorts }] of readable(phases)) {
    for (const [index, { id, when, ...cohort }] of readable(cohorts)) {
      if (id === undefined || phase === undefined || when === undefined) continue;
      const earlier = first.get(id);
      const slice = JSON.stringify(Object.entries(when).sort(([one], [other]) => one.localeCompare(other)));
      if (earlier === undefined && Object.hasOwn(cohort, 'staysOnLegacy')) first.set(id, { phase, when: slice });
      if (earlier === undefined || earlier.when === slice) continue;
      yield {
        code: 'WH551',
        path: ['phases', phaseIndex, 'cohorts', index, 'when'],
        message: `In the phase ${quoteName(earlier.phase)} this name stands for other people, who stay on legacy, and are taken out of later phases by it. Write the same 'when', or another id.`,
      };
    }
  }
};

/** A visitor has said nothing yet: what an event tells later on is not known of them. */
export const visitorsUnknown: Rule = function* ({ phases, events, handoffs }) {
  for (const [phaseIndex, { id, unit, cohorts }] of readable(phases)) {
    if (unit !== 'visitor') continue;
    const here = new Set([...readable(handoffs)].flatMap(([, { phase, start }]) => (phase === id ? [start] : [])));
    const toldBy = (name: string): Set<string | undefined> =>
      new Set([...readable(events)].flatMap(([, { type, data }]) => (Object.hasOwn(data ?? {}, name) ? [type] : [])));
    for (const [index, { when }] of readable(cohorts)) {
      for (const name of Object.keys(when ?? {})) {
        const telling = toldBy(name);
        if (telling.size === 0 || [...telling].some((type) => here.has(type))) continue;
        yield {
          code: 'WH552',
          path: ['phases', phaseIndex, 'cohorts', index, 'when', name],
          message: `Nobody knows ${quoteName(name)} of a visitor: ${quoteName([...telling][0] ?? '')} tells it, and comes later. Whoever is meant is taken by the next cohort; declare this one in the phase in which it is known.`,
        };
      }
    }
  }
};

/** A step ends on the outcomes of its watch: shorter than a deadline it has counted only those who were served fast. */
export const stepsSeeLateOnes: Rule = function* ({ phases, handoffs }) {
  const deadlineOf = new Map([...readable(handoffs)].map(([, { id, within }]) => [id, within]));
  for (const [phaseIndex, phase] of readable(phases)) {
    const watched = [...readable(phase.gates)].flatMap(([, { handoff }]) => {
      const within = handoff === undefined ? undefined : deadlineOf.get(handoff);
      return within === undefined || handoff === undefined ? [] : [{ handoff, within }];
    });
    const [longest] = watched.sort((one, other) => other.within - one.within);
    if (longest === undefined) continue;
    for (const { steps, path } of [
      { steps: phase.ramp, path: ['phases', phaseIndex, 'ramp'] },
      ...[...readable(phase.cohorts)].map(([index, { ramp }]) => ({
        steps: ramp,
        path: ['phases', phaseIndex, 'cohorts', index, 'ramp'],
      })),
    ]) {
      for (const [index, { watch }] of readable(steps?.slice(0, -1))) {
        if (watch === undefined || watch >= longest.within) continue;
        yield {
          code: 'WH557',
          path: [...path, index, 'watch'],
          message: `${quoteName(longest.handoff)} has ${formatDuration(longest.within)}, so this step is over before anybody in it is late, and its gate has counted only the fast. Write that or longer.`,
        };
      }
    }
  }
};

/** Whether somebody may be in both: there is no attribute by which they differ. */
function overlap(one: Draft<PlanCohort>, other: Draft<PlanCohort>): boolean {
  if (one.when === undefined) return false;
  const theirs = other.when ?? {};
  return Object.entries(one.when).every(([name, values]) => {
    const wanted = Object.hasOwn(theirs, name) ? theirs[name] : undefined;
    return wanted === undefined || values?.some((value) => value !== undefined && wanted.includes(value)) === true;
  });
}
