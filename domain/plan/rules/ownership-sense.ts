import { formatDuration } from '../../time/duration';
import type { Draft } from '../draft';
import { STAGES, type JourneyKind, type Layer, type Stage } from '../journey';
import { quoteName, type Finding, type PlanPath } from '../plan-problem';
import type { OwnershipRow } from '../plan-schema';
import { readable, type Rule } from './rule';

/** How long a cardholder may dispute a charge, by the card networks' rules. */
const DISPUTE_WINDOW = 120 * 86_400_000;

/** The data that a layer of the map is about, where there is one. */
const LAYER_OF: Readonly<Record<string, Layer>> = {
  'intake-answers': 'intake-and-registration',
  'provider-decision': 'charting-and-ehr',
  'payment-status': 'billing-and-subscriptions',
  'subscription-status': 'billing-and-subscriptions',
  'fulfillment-status': 'pharmacy-lab-fulfillment',
};

/** What somebody decided or paid: two clocks do not settle it. */
const NOT_BY_CLOCK: readonly string[] = ['provider-decision', 'payment-status', 'subscription-status'];

const KIND_OF: Readonly<Record<Stage, JourneyKind>> = {
  discovery: 'frontDoor',
  intake: 'intake',
  payment: 'payment',
  'provider-review': 'providerRouting',
  fulfillment: 'providerRouting',
  'portal-visibility': 'portalRefills',
  refills: 'portalRefills',
};

/** R3: a stage moves with the phase of its part of the journey. */
export const stagesMoveWithTheirKind: Rule = function* ({ journey, phases }) {
  const kindOf = new Map([...readable(phases)].map(([, { id, kind }]) => [id, kind]));
  for (const [index, row] of readable(journey)) {
    if (!('phase' in row) || row.phase === undefined || row.stage === undefined) continue;
    const kind = kindOf.get(row.phase);
    if (kind === undefined || kind === 'custom' || kind === KIND_OF[row.stage]) continue;
    if (![...kindOf.values()].includes(KIND_OF[row.stage])) continue;
    yield {
      code: 'WH315',
      path: ['journey', index, 'phase'],
      message: `${quoteName(row.phase)} moves another part of the journey, and a phase of this one is there (kind '${KIND_OF[row.stage]}'). Name that one.`,
    };
  }
};

/** R4: a datum changes hands with the stages that it is used in, not before. */
export const handedOverInTime: Rule = function* ({ ownership, journey, phases }) {
  const order = (phases ?? []).map((phase) => phase?.id);
  for (const [index, { stages, handedOverBy }] of readable(ownership)) {
    const when = order.indexOf(handedOverBy);
    if (handedOverBy === undefined || when < 0) continue;
    const moved = [...readable(journey)].flatMap(([, row]) => {
      const inIt = row.stage !== undefined && (stages ?? STAGES).includes(row.stage);
      return inIt && 'phase' in row && row.phase !== undefined ? [order.indexOf(row.phase)] : [];
    });
    if (moved.length === 0 || when >= Math.min(...moved)) continue;
    yield {
      code: 'WH342',
      path: ['ownership', index, 'handedOverBy'],
      message: `None of its stages has moved by then, so legacy still writes it and would be refused. Name ${quoteName(order[Math.min(...moved)] ?? '')} or a later phase.`,
    };
  }
};

/** R2, R4: the map and the matrix name one owner of what moves. */
export const mapAndMatrixAgree: Rule = function* ({ ownership, stackMap }) {
  for (const [index, { datum, owner, handedOverBy }] of readable(ownership)) {
    if (datum === undefined || handedOverBy === undefined || !Object.hasOwn(LAYER_OF, datum)) continue;
    if ((ownership ?? []).filter((row) => row?.datum === datum).length > 1) continue;
    const [, layer] = [...readable(stackMap)].find(([, row]) => row.layer === LAYER_OF[datum]) ?? [];
    if (layer === undefined || !('dataOwner' in layer)) continue;
    for (const side of ['legacy', 'target'] as const) {
      const mapped = layer.dataOwner?.[side];
      const owned = owner?.[side];
      if (mapped === undefined || owned === undefined || mapped === owned || mapped === 'tbd') continue;
      yield {
        code: 'WH343',
        path: ['ownership', index, 'owner', side],
        message: `The stack map says that ${quoteName(mapped)} owns the data of '${LAYER_OF[datum] ?? ''}' on ${side}. Two owners are none: write the same one in both.`,
      };
    }
  }
};

/** R4, R6, R51: what is handed over is copied, is written by nobody on legacy afterwards, and its debts have a writer and an end. */
export const handedOverWhole: Rule = function* ({ ownership, systems }) {
  const sideOf = new Map([...readable(systems)].map(([, { id, side }]) => [id, side]));
  for (const [index, row] of readable(ownership)) {
    const { datum, owner, handedOverBy, sync, conflict, secondaryWriter } = row;
    const path = ['ownership', index];
    if (conflict === 'latestWins' && datum !== undefined && NOT_BY_CLOCK.includes(datum)) {
      yield {
        code: 'WH345',
        path: [...path, 'conflict'],
        message: `Two clocks do not settle ${quoteName(datum)}: a stale value with a fast clock would win. Write 'ownerWins', or 'byHand'.`,
      };
    }
    if (handedOverBy === undefined || owner?.legacy === undefined || owner.legacy === owner.target) continue;
    if (sync === 'none') {
      yield {
        code: 'WH344',
        path: [...path, 'sync'],
        message:
          "It changes hands and is never copied, so its new owner begins with nothing. Write 'fromOwner'; 'none' is for what stays.",
      };
    }
    if (secondaryWriter !== undefined && sideOf.get(secondaryWriter) === 'legacy' && secondaryWriter !== owner.legacy) {
      yield {
        code: 'WH346',
        path: [...path, 'secondaryWriter'],
        message: `${quoteName(secondaryWriter)} is on legacy, and would go on writing after the commit, for ever. Name one on target; what legacy still owes is a tail, with an end.`,
      };
    }
    yield* tailsOf(row, path);
  }
};

function* tailsOf(row: Draft<OwnershipRow>, path: PlanPath): Generator<Finding> {
  const { datum, owner, tails, secondaryWriter } = row;
  if (datum === 'payment-status' && !Object.hasOwn(row, 'tails')) {
    yield {
      code: 'WH348',
      path: [...path, 'datum'],
      message:
        "After the commit legacy may write nothing of it, and refunds and disputes of what it charged still come. Add 'tails' with who writes them, who answers for them, and until when (R51).",
    };
  }
  for (const [index, { id, what, writer, ends }] of readable(tails)) {
    const at = [...path, 'tails', index];
    if (ends !== undefined && ends < DISPUTE_WINDOW && /\b(dispute|chargeback)/i.test(`${id ?? ''} ${what ?? ''}`)) {
      yield {
        code: 'WH347',
        path: [...at, 'ends'],
        message: `A cardholder may dispute a charge for 120 days, and after ${formatDuration(ends)} nobody may answer. Write 120d or longer.`,
      };
    }
    if (writer === undefined || owner?.legacy === undefined || writer === owner.legacy || writer === secondaryWriter)
      continue;
    yield {
      code: 'WH349',
      path: [...at, 'writer'],
      message: `${quoteName(writer)} may not write this datum before the commit, and would afterwards. Name its owner on legacy, ${quoteName(owner.legacy)}.`,
    };
  }
}

/** I7: whose write it is shows by the source, so each system has its own. */
export const sourcesDiffer: Rule = function* ({ systems }) {
  const first = new Map<string, string>();
  for (const [index, { id, source }] of readable(systems)) {
    if (id === undefined || source === undefined) continue;
    const other = first.get(source);
    if (other === undefined) first.set(source, id);
    else
      yield {
        code: 'WH220',
        path: ['systems', index, 'source'],
        message: `${quoteName(other)} signs its events with this too, so nobody can tell whose they are. Give each system a source of its own.`,
      };
  }
};
