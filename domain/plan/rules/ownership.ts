import { didYouMean } from '../closest-name';
import type { Draft } from '../draft';
import { DATA, STAGES, type Stage } from '../journey';
import { quoteName, type Finding, type PlanPath } from '../plan-problem';
import type { OwnershipRow } from '../plan-schema';
import { readable, type Rule } from './rule';

/** R4: the seven data that decide what happens to a patient each have an owner. */
export const everyDatum: Rule = function* ({ ownership, data }) {
  if (ownership === undefined || ownership.some((row) => row?.datum === undefined)) return;
  const owned = new Set(ownership.map((row) => row?.datum));
  for (const datum of DATA) {
    if (owned.has(datum)) continue;
    yield {
      code: 'WH331',
      path: ['ownership'],
      message: `Nobody owns '${datum}'. Add it: each of the seven data has one owner (R4).`,
    };
  }
  for (const [index, { id }] of readable(data)) {
    if (id === undefined || owned.has(id)) continue;
    yield {
      code: 'WH332',
      path: ['data', index, 'id'],
      message: `Nobody owns ${quoteName(id)}. Add it under 'ownership', or leave it out here.`,
    };
  }
};

/** A datum is one of the seven, or the plan's own. */
export const dataDeclared: Rule = function* ({ ownership, data }) {
  for (const [index, { id }] of readable(data)) {
    if (id === undefined || !isKnown(id)) continue;
    yield {
      code: 'WH333',
      path: ['data', index, 'id'],
      message: `${quoteName(id)} is one of the seven data of every migration. Remove it here.`,
    };
  }
  if (data?.some((datum) => datum?.id === undefined) === true) return;
  const own = new Set(data?.map((datum) => datum?.id));
  for (const [index, { datum }] of readable(ownership)) {
    if (datum === undefined || isKnown(datum) || own.has(datum)) continue;
    const known = [...DATA, ...own].filter((name) => name !== undefined);
    yield {
      code: 'WH334',
      path: ['ownership', index, 'datum'],
      message: () => `There is no datum ${quoteName(datum)}.${didYouMean(datum, known) || " Declare it under 'data'."}`,
    };
  }
};

function isKnown(datum: string): boolean {
  return (DATA as readonly string[]).includes(datum);
}

/** R4, R6: one owner for each datum in each stage, and none missing in between. */
export const oneOwnerAStage: Rule = function* ({ ownership }) {
  const rows = new Map<string, { index: number; stages: readonly Stage[] }[]>();
  const unsure = new Set<string>();
  for (const [index, row] of readable(ownership)) {
    const { datum } = row;
    if (datum === undefined) continue;
    if (Object.hasOwn(row, 'stages') && (row.stages === undefined || row.stages.includes(undefined))) {
      unsure.add(datum);
      continue;
    }
    const stages = (row.stages ?? STAGES).filter((stage) => stage !== undefined);
    const earlier = rows.get(datum) ?? [];
    const other = earlier.find((before) => before.stages.some((stage) => stages.includes(stage)));
    const twice = other?.stages.find((stage) => stages.includes(stage));
    if (twice !== undefined) {
      yield {
        code: 'WH335',
        path: row.stages === undefined ? ['ownership', index, 'datum'] : ['ownership', index, 'stages'],
        message: `${quoteName(datum)} has an owner in '${twice}' already. Two owners are none: give each stage to one row (R4).`,
      };
    }
    rows.set(datum, [...earlier, { index, stages }]);
  }
  for (const [datum, owned] of rows) {
    if (unsure.has(datum)) continue;
    const places = owned.flatMap(({ stages }) => stages.map((stage) => STAGES.indexOf(stage)));
    const gap = STAGES.find(
      (_, place) => place > Math.min(...places) && place < Math.max(...places) && !places.includes(place),
    );
    if (gap === undefined) continue;
    yield {
      code: 'WH336',
      path: ['ownership', owned.at(-1)?.index ?? 0, 'stages'],
      message: `Nobody owns ${quoteName(datum)} in '${gap}', between stages in which somebody does. Add that stage to a row.`,
    };
  }
};

/** R4: owners, writers, teams and phases are declared, and each is on the side that it writes for. */
export const ownershipReferences: Rule = function* ({ ownership, systems }, names) {
  const sideOf = new Map([...readable(systems)].map(([, { id, side }]) => [id, side]));
  const onSide = function* (system: string | undefined, side: 'legacy' | 'target', path: PlanPath): Generator<Finding> {
    yield* names.systems.check(system, path);
    const other = side === 'legacy' ? 'target' : 'legacy';
    if (system === undefined || sideOf.get(system) !== other) return;
    yield { code: 'WH302', path, message: `${quoteName(system)} is a ${other} system. Name a ${side} or shared one.` };
  };
  for (const [index, row] of readable(ownership)) {
    const path = ['ownership', index];
    // An owner that stays is of either side.
    const stays = row.owner?.legacy !== undefined && row.owner.legacy === row.owner.target;
    if (stays) yield* names.systems.check(row.owner?.legacy, [...path, 'owner', 'legacy']);
    else {
      yield* onSide(row.owner?.legacy, 'legacy', [...path, 'owner', 'legacy']);
      yield* onSide(row.owner?.target, 'target', [...path, 'owner', 'target']);
    }
    yield* names.systems.check(row.secondaryWriter, [...path, 'secondaryWriter']);
    yield* names.phases.check(row.handedOverBy, [...path, 'handedOverBy']);
    yield* names.owners.check(row.escalation, [...path, 'escalation']);
    for (const [at, tail] of readable(row.tails)) {
      yield* onSide(tail.writer, 'legacy', [...path, 'tails', at, 'writer']);
      yield* names.owners.check(tail.owner, [...path, 'tails', at, 'owner']);
    }
  }
};

/** R4, R51: a datum changes hands at a phase, or not at all; what follows from that is said of it too. */
export const handedOver: Rule = function* ({ ownership, systems }) {
  const sideOf = new Map([...readable(systems)].map(([, { id, side }]) => [id, side]));
  for (const [index, row] of readable(ownership)) {
    const { owner, handedOverBy } = row;
    const path = ['ownership', index];
    if (owner?.legacy === undefined || owner.target === undefined) continue;
    const moves = owner.legacy !== owner.target;
    const said = Object.hasOwn(row, 'handedOverBy');
    if (moves && !said) {
      yield {
        code: 'WH337',
        path: [...path, 'handedOverBy'],
        message: `Nothing says when ${quoteName(owner.legacy)} hands it to ${quoteName(owner.target)}. Add 'handedOverBy' with the phase.`,
      };
    }
    if (!moves && said && handedOverBy !== undefined) {
      yield {
        code: 'WH338',
        path: [...path, 'handedOverBy'],
        message: `${quoteName(owner.legacy)} owns it before and after, so no phase hands it over. Remove 'handedOverBy'.`,
      };
    }
    if (row.tails !== undefined && row.tails.length > 0 && !moves) {
      yield {
        code: 'WH339',
        path: [...path, 'tails'],
        message: "Only what is handed over has tails: its owner stays. Remove 'tails'.",
      };
    }
    yield* writers(row, path);
    yield* direction(row, path, moves ? 'moves' : sideOf.get(owner.legacy));
  }
};

/** R6: a second writer is another system than the owner. */
function* writers({ owner, secondaryWriter }: Draft<OwnershipRow>, path: PlanPath): Generator<Finding> {
  if (secondaryWriter === undefined) return;
  if (secondaryWriter !== owner?.legacy && secondaryWriter !== owner?.target) return;
  yield {
    code: 'WH340',
    path: [...path, 'secondaryWriter'],
    message: `${quoteName(secondaryWriter)} owns this datum. Name another system that may write it too, or remove 'secondaryWriter'.`,
  };
}

/** A copy that runs towards the owner overwrites what counts. */
function* direction(
  { sync }: Draft<OwnershipRow>,
  path: PlanPath,
  owner: 'moves' | 'legacy' | 'target' | 'shared' | undefined,
): Generator<Finding> {
  if (sync !== 'legacyToTarget' && sync !== 'targetToLegacy') return;
  const towards = sync === 'legacyToTarget' ? 'target' : 'legacy';
  if (owner === 'moves') {
    const when = sync === 'legacyToTarget' ? 'once it is handed over' : 'until it is handed over';
    yield {
      code: 'WH341',
      path: [...path, 'sync'],
      message: `A copy in this direction overwrites the owner ${when}. Write 'fromOwner', which turns round with the owner, or 'none'.`,
    };
  } else if (owner === towards) {
    yield {
      code: 'WH341',
      path: [...path, 'sync'],
      message: `A copy in this direction overwrites the owner, which is on ${owner}. Write 'fromOwner', or 'none'.`,
    };
  }
}
