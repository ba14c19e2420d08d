import fc from 'fast-check';
import { UNIT_KINDS, type UnitKind } from '../../domain/sides/units';

/** Milliseconds after the round began. */
interface Timed {
  after: number;
}

/** A question of one journey, to one of the API's processes. */
export interface Question extends Timed {
  journey: number;
  /** Index of the phase. */
  phase: number;
  named: readonly UnitKind[];
  seat: number;
}

export const COHORTS = ['pilot', 'everyone-else'] as const;
export type Cohort = (typeof COHORTS)[number];

/** What is done to one cohort's split, or to one journey. */
export type Deed = Timed &
  (
    | {
        do: 'raise';
        phase: number;
        cohort: Cohort;
        share: number;
        perDay: number | null;
        maxOpen: number | null;
        lease: number;
      }
    /** To a part of what it is; 0 is all the way. */
    | { do: 'lower'; phase: number; cohort: Cohort; part: number }
    /** Some come first, so that there is somebody to bring back. */
    | { do: 'bringBack'; phase: number; cohort: Cohort; first: readonly number[] }
    | { do: 'commit' | 'renew' | 'runOut' | 'sweep'; phase: number; cohort: Cohort }
    /** An earlier command of that split comes again: the one so many before the last. */
    | { do: 'repeat'; phase: number; cohort: Cohort; before: number }
    /**
     * It is lowered in the very moment that units come to it from the phase before, where something slow holds theirs: whoever was decided before
     * the lowering would be written down long after it.
     */
    | { do: 'squeeze'; phase: number; cohort: Cohort; part: number; asked: readonly Question[] }
    | { do: 'report'; journey: number; named: readonly UnitKind[] }
    | { do: 'close'; journey: number; phase: number }
  );

/** Deeds and questions at the same time; then perhaps the night. */
export interface Round {
  deeds: readonly Deed[];
  questions: readonly Question[];
  dayEnds: boolean;
}

/** One migration's history, as it is to be played. */
export interface Script {
  /** What has a side in each phase. */
  units: readonly UnitKind[];
  /** Of each, whose it is; odd ones are of the pilot's state. */
  journeys: readonly { patient: number }[];
  /** What happens, and how long after the world's begin, in milliseconds. */
  rounds: readonly (Round & { at: number })[];
}

/** What happens to one API process, beginning so many milliseconds after the world's begin. */
export interface Fault {
  seat: number;
  at: number;
  /** Milliseconds until it is over. */
  lasts: number;
  what:
    | { is: 'cut'; how: 'refused' | 'silent' }
    /** It says farewell, and is started again. */
    | { is: 'restarted' }
    /** It dies, and comes back with what it owes. */
    | { is: 'killed' }
    /** It dies and is declared dead; another takes its place. */
    | { is: 'lost' };
}

/** Histories that are played at the same time, on the same API processes. */
export interface WorldScript {
  faults: readonly Fault[];
  histories: readonly Script[];
}

export const SEATS = 3;
/** Of them, the last few come only where a split is lowered in the moment that they do. */
const JOURNEYS = 22;
const SQUEEZED = 12;
/** Rounds of one history are spread over this, in milliseconds. */
const HISTORY_LASTS = 1_500;

const named = fc.subarray([...UNIT_KINDS]);
const limit = fc.integer({ min: 1, max: 3 });
const after = fc.oneof({ weight: 2, arbitrary: fc.constant(0) }, { weight: 3, arbitrary: fc.nat(12) });
/** Either limit alone, so that each is the one that holds somebody back; both; or none. */
const limits = fc.oneof(
  fc.record({ perDay: limit, maxOpen: fc.constant(null) }),
  fc.record({ perDay: fc.constant(null), maxOpen: limit }),
  fc.record({ perDay: limit, maxOpen: limit }),
  { weight: 4, arbitrary: fc.constant({ perDay: null, maxOpen: null }) },
);
const lease = fc.oneof({ weight: 4, arbitrary: fc.constant(60_000) }, { weight: 1, arbitrary: fc.constant(400) });

/** That journey or its neighbour: the odd ones are the pilot's. */
function ofCohort(cohort: Cohort): (journey: number) => number {
  return (journey) => journey - (journey % 2) + (cohort === 'pilot' ? 1 : 0);
}

function roundOf(phases: number): fc.Arbitrary<Round> {
  const phase = fc.nat(phases - 1);
  const journey = fc.nat(JOURNEYS - SQUEEZED - 1);
  const of = { after, phase, cohort: fc.constantFrom(...COHORTS) };
  const question: fc.Arbitrary<Question> = fc.record({ after, journey, phase, named, seat: fc.nat(SEATS - 1) });
  const raise = fc
    .tuple(
      fc.record({
        ...of,
        ...{ do: fc.constant('raise' as const), lease, share: fc.constantFrom(30_000, 70_000, 100_000, 100_000) },
      }),
      limits,
    )
    .map(([deed, limited]) => ({ ...deed, ...limited }));
  const bringBack = fc
    .record({ ...of, first: fc.array(fc.nat(JOURNEYS - 1), { minLength: 2, maxLength: 3, size: 'max' }) })
    .map(({ first, ...deed }) => ({ do: 'bringBack' as const, ...deed, first: first.map(ofCohort(deed.cohort)) }));
  const single = fc.constantFrom('commit' as const, 'renew' as const, 'runOut' as const, 'sweep' as const);
  const deed: fc.Arbitrary<Deed> = fc.oneof(
    { weight: 5, arbitrary: raise },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('lower' as const), ...of, part: fc.constantFrom(0, 0, 0.5) }) },
    { weight: 2, arbitrary: bringBack },
    { weight: 3, arbitrary: fc.record({ do: single, ...of }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('repeat' as const), ...of, before: fc.nat(2) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('report' as const), after, journey, named }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('close' as const), after, journey, phase }) },
  );
  return fc.record({
    deeds: fc.array(deed, { minLength: 1, maxLength: 2, size: 'max' }),
    questions: fc.array(question, { minLength: 2, maxLength: 6, size: 'max' }),
    dayEnds: fc.boolean(),
  });
}

function squeezeOf(phases: number): fc.Arbitrary<Round> {
  const soon = fc.integer({ min: 0, max: 20 });
  const journey = fc.integer({ min: JOURNEYS - SQUEEZED, max: JOURNEYS - 1 });
  const asked = fc.record({ after: soon, journey, seat: fc.nat(SEATS - 1) });
  return fc
    .record({
      phase: fc.integer({ min: 1, max: phases - 1 }),
      cohort: fc.constantFrom(...COHORTS),
      part: fc.constantFrom(0, 0, 0.5),
      asked: fc.array(asked, { minLength: 5, maxLength: 7, size: 'max' }),
    })
    .map(({ phase, cohort, part, asked: all }) => {
      const own = ofCohort(cohort);
      const questions = all.map((one) => ({ ...one, journey: own(one.journey), phase, named: [...UNIT_KINDS] }));
      return {
        deeds: [{ do: 'squeeze', after: 0, phase, cohort, part, asked: questions }],
        questions: [],
        dayEnds: false,
      };
    });
}

/** How a ramp begins: most cohorts of most phases are raised at once. */
function openingOf(phases: number): fc.Arbitrary<Round> {
  const all = Array.from({ length: phases }, (_, phase) => COHORTS.map((cohort) => ({ phase, cohort }))).flat();
  const share = fc.constantFrom(0, 0, 0, 70_000, 100_000, 100_000);
  const raises = all.map((of) => fc.tuple(share, lease).map(([to, until]) => ({ ...of, share: to, lease: until })));
  return fc.tuple(...raises).map((opened) => ({
    deeds: opened
      .filter((raise) => raise.share > 0)
      .map((raise) => ({ do: 'raise', after: 0, perDay: null, maxOpen: null, ...raise })),
    questions: [],
    dayEnds: false,
  }));
}

function anyRound(phases: number): fc.Arbitrary<Round> {
  if (phases === 1) return roundOf(phases);
  return fc.oneof({ weight: 3, arbitrary: roundOf(phases) }, { weight: 1, arbitrary: squeezeOf(phases) });
}

function scriptOf(lasts: number): fc.Arbitrary<Script> {
  return fc.constantFrom(1, 1, 2, 2, 3).chain((phases) =>
    fc.record({
      units: fc.array(fc.constantFrom(...UNIT_KINDS), { minLength: phases, maxLength: phases, size: 'max' }),
      journeys: fc.array(fc.record({ patient: fc.nat(JOURNEYS - 5) }), {
        ...{ minLength: JOURNEYS, maxLength: JOURNEYS, size: 'max' as const },
      }),
      rounds: fc
        .tuple(
          openingOf(phases),
          // A few at a time: where something changes at every moment, no process comes to answer from memory.
          fc.nat(lasts - HISTORY_LASTS),
          fc.array(fc.tuple(fc.nat(HISTORY_LASTS), anyRound(phases)), { minLength: 1, maxLength: 2, size: 'max' }),
        )
        .map(([opening, begins, rounds]) => [
          { at: begins, ...opening },
          ...rounds.map(([at, round]) => ({ at: begins + at, ...round })).sort((a, b) => a.at - b.at),
        ]),
    }),
  );
}

/** By then every process has heard of the migrations that have begun: before, there is nothing that it could answer on its own. */
const KNOWN_AFTER = 1_200;

/** Of one process, one after another. */
function faultsOf(seat: number, lasts: number, processLease: number): fc.Arbitrary<Fault[]> {
  const short = fc.integer({ min: 10, max: Math.round(processLease / 2) });
  // Long enough that it answers on its own for a while.
  const long = fc.integer({ min: processLease * 4, max: processLease * 8 });
  const how = fc.constantFrom('refused' as const, 'silent' as const);
  const what: fc.Arbitrary<Fault['what']> = fc.oneof(
    { weight: 6, arbitrary: fc.record({ is: fc.constant('cut' as const), how }) },
    { weight: 1, arbitrary: fc.constant({ is: 'restarted' as const }) },
    { weight: 2, arbitrary: fc.constant({ is: 'killed' as const }) },
    { weight: 1, arbitrary: fc.constant({ is: 'lost' as const }) },
  );
  const fault = fc.record({
    lasts: fc.oneof({ weight: 2, arbitrary: short }, { weight: 3, arbitrary: long }),
    what,
    gap: fc.integer({ min: 20, max: processLease * 12 }),
  });
  const howMany = fc.constantFrom(0, 1, 1, 2, 2, 3);
  const all = howMany.chain((count) => fc.array(fault, { minLength: count, maxLength: count, size: 'max' }));
  return all.map((faults) => {
    let at = KNOWN_AFTER;
    return faults.flatMap(({ gap, ...one }) => {
      const begins = at + gap;
      at = begins + one.lasts;
      return at <= lasts ? [{ seat, at: begins, ...one }] : [];
    });
  });
}

/** The worlds that a seed gives: always the same. @param lasts milliseconds */
export function worldScript(
  seed: number,
  { histories, lasts, processLease }: { histories: number; lasts: number; processLease: number },
): WorldScript {
  const faults = fc
    .tuple(...Array.from({ length: SEATS }, (_, seat) => faultsOf(seat, lasts, processLease)))
    .map((all) => all.flat().sort((a, b) => a.at - b.at));
  const world = fc.record({
    faults,
    histories: fc.array(scriptOf(lasts), { minLength: histories, maxLength: histories, size: 'max' }),
  });
  const [script] = fc.sample(world, { seed, numRuns: 1 });
  if (script === undefined) throw new Error('A seed gave nothing.');
  return script;
}
