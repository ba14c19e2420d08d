import { quoteName } from '../plan-problem';
import { readable, type Rule } from './rule';

const SIDES = ['legacy', 'target'] as const;

/** R30: a command that is sent again goes to a system of the side that owes it, and asks for what has not happened. */
export const redrives: Rule = function* ({ handoffs, systems }, names) {
  const sides = new Map([...readable(systems)].map(([, system]) => [system.id, system.side]));
  for (const [index, { redrive }] of readable(handoffs)) {
    if (redrive === undefined) continue;
    const { command, to } = redrive;
    const path = ['handoffs', index, 'redrive'];
    if (command !== undefined && names.events.has(command)) {
      yield {
        code: 'WH433',
        path: [...path, 'command'],
        message: `${quoteName(command)} is an event of the plan: it says that something happened. Name what the system is to do.`,
      };
    }
    if (to === undefined) continue;
    if (SIDES.every((side) => !Object.hasOwn(to, side))) {
      yield {
        code: 'WH431',
        path: [...path, 'to'],
        message: "Name the system that owes it: 'legacy', 'target' or both.",
      };
    }
    for (const side of SIDES) {
      const system = to[side];
      const at = [...path, 'to', side];
      yield* names.systems.check(system, at);
      const other = side === 'legacy' ? 'target' : 'legacy';
      if (system !== undefined && sides.get(system) === other) {
        yield {
          code: 'WH432',
          path: at,
          message: `${quoteName(system)} is a ${other} system. Name a ${side} or shared one.`,
        };
      }
    }
  }
};
