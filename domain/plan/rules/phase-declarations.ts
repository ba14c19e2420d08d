import { quoteName, type Finding } from '../plan-problem';
import { rampsOf } from './ramps-of';
import { readable, type Rule } from './rule';

/** Cycles of a soak, calendars, checks by people and armed effects name what the plan declares. */
export const phaseDeclarations: Rule = function* ({ phases }, names) {
  for (const [index, phase] of readable(phases)) {
    const path = ['phases', index];
    yield* names.calendars.check(phase.calendar, [...path, 'calendar']);
    for (const [at, { event }] of readable(phase.soakCycles)) {
      yield* names.events.check(event, [...path, 'soakCycles', at, 'event']);
    }
    for (const { ramp, path: rampPath } of rampsOf(phase, path)) {
      for (const [step, { checks }] of readable(ramp)) {
        for (const [at, { by }] of readable(checks))
          yield* names.owners.check(by, [...rampPath, step, 'checks', at, 'by']);
      }
    }
  }
};

/** I16, I17: what fires by itself is armed on one side by a system of that side. */
export const armedEffects: Rule = function* ({ phases, systems }, names): Generator<Finding> {
  const sideOf = new Map([...readable(systems)].map(([, { id, side }]) => [id, side]));
  for (const [index, phase] of readable(phases)) {
    for (const [at, { armedBy }] of readable(phase.armedEffects)) {
      for (const side of ['legacy', 'target'] as const) {
        const path = ['phases', index, 'armedEffects', at, 'armedBy', side];
        const system = armedBy?.[side];
        yield* names.systems.check(system, path);
        const other = side === 'legacy' ? 'target' : 'legacy';
        if (system === undefined || sideOf.get(system) !== other) continue;
        const message = `${quoteName(system)} is a ${other} system. Name a ${side} or shared one.`;
        yield { code: 'WH302', path, message };
      }
    }
  }
};
