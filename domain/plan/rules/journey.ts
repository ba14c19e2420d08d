import { STAGES } from '../journey';
import { quoteName } from '../plan-problem';
import { readable, type Rule } from './rule';

/** R3: each of the seven stages is there, or patients have none such for a reason. */
export const everyStage: Rule = function* ({ journey }) {
  if (journey === undefined || journey.some((row) => row?.stage === undefined)) return;
  const present = new Set(journey.map((row) => row?.stage));
  for (const stage of STAGES) {
    if (present.has(stage)) continue;
    yield {
      code: 'WH311',
      path: ['journey'],
      message: `Add the stage '${stage}', or list it with 'notApplicable' and the reason.`,
    };
  }
};

/** R3: systems hang off stages; one that serves no stage is an entry of a vendor list. */
export const systemsServeStages: Rule = function* ({ journey, systems }, names) {
  if (journey === undefined) return;
  const serving = new Set<string>();
  let unsure = false;
  for (const [index, row] of readable(journey)) {
    if (!Object.hasOwn(row, 'systems')) continue;
    if (!('systems' in row) || row.systems === undefined) {
      unsure = true;
      continue;
    }
    const seen = new Set<string>();
    for (const [at, system] of readable(row.systems)) {
      const path = ['journey', index, 'systems', at];
      yield* names.systems.check(system, path);
      if (seen.has(system))
        yield { code: 'WH312', path, message: `${quoteName(system)} is named twice. Name each system once.` };
      seen.add(system);
      serving.add(system);
    }
    unsure ||= row.systems.includes(undefined);
  }
  if (unsure) return;
  for (const [index, { id }] of readable(systems)) {
    if (id === undefined || serving.has(id)) continue;
    yield {
      code: 'WH313',
      path: ['systems', index, 'id'],
      message: `${quoteName(id)} serves patients in no stage of the journey. Name it under the stage that it serves, or leave it out (R3).`,
    };
  }
};

/** A stage that moves has somewhere to move from, and somewhere to move to. */
export const stagesMove: Rule = function* ({ journey, systems }, names) {
  const sideOf = new Map([...readable(systems)].map(([, { id, side }]) => [id, side]));
  for (const [index, row] of readable(journey)) {
    if (!('phase' in row) || row.phase === undefined) continue;
    yield* names.phases.check(row.phase, ['journey', index, 'phase']);
    const sides = row.systems?.map((system) => (system === undefined ? undefined : sideOf.get(system)));
    if (sides === undefined || sides.length === 0 || sides.includes(undefined)) continue;
    for (const side of ['legacy', 'target'] as const) {
      if (sides.includes(side) || sides.includes('shared')) continue;
      yield {
        code: 'WH314',
        path: ['journey', index, 'systems'],
        message: `The phase ${quoteName(row.phase)} moves this stage, and no system here is on ${side}. Name the one that serves patients there, or remove 'phase'.`,
      };
    }
  }
};
