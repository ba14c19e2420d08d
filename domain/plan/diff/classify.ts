import { WIDTHS } from './action-width';
import {
  always,
  fewerTightens,
  higherOrAnyTightens,
  higherOrNoneTightens,
  higherTightens,
  laterTightens,
  lowerOrAnyTightens,
  lowerTightens,
  moreIsOther,
  oneLessTightens,
  oneMoreTightens,
  type Judge,
} from './judge-direction';
import { formatSteps, isEntry, nameOf, type Concern, type Part, type PlanChange, type Step } from './plan-change';

/** A difference before it is known what it means. */
export interface RawChange {
  steps: readonly Step[];
  before: unknown;
  after: unknown;
  texts: { before?: string; after?: string };
  /** The phase that it belongs to, where it belongs to one. */
  phase?: string;
}

interface Row {
  /** Names of a path; `*` for an entry of a list or any one name, a last `**` for whatever follows. The first row that fits counts. */
  path: string;
  concerns: Concern;
  judge: Judge;
}

const other = always('other');
const loosened = always('loosened');

const row = (path: string, concerns: Concern, judge: Judge = loosened): Row => ({ path, concerns, judge });

/** An approval, wherever it is asked for. */
function approval(path: string): Row[] {
  return [
    row(`${path}.count`, 'people', higherTightens),
    row(`${path}.roles`, 'people', fewerTightens),
    row(`${path}.fourEyes`, 'people', laterTightens([false, true])),
    row(`${path}.escalateAfter`, 'people', lowerTightens),
  ];
}

/** The steps of a ramp, of a phase or of a cohort. */
function ramp(path: string): Row[] {
  return [
    row(`${path}.*`, 'patients', oneMoreTightens),
    row(`${path}.*.share`, 'patients', lowerTightens),
    row(`${path}.*.perDay`, 'patients', lowerTightens),
    row(`${path}.*.maxOpen`, 'patients', lowerOrAnyTightens),
    row(`${path}.*.watch`, 'gates', higherTightens),
    row(`${path}.*.watchAtLeast`, 'gates', higherOrNoneTightens),
    row(`${path}.*.approval`, 'people', oneMoreTightens),
    ...approval(`${path}.*.approval`),
    row(`${path}.*.checks.*`, 'people', oneMoreTightens),
    row(`${path}.**`, 'patients'),
  ];
}

const PHASE = 'phases.*';

/** What each change means. What no row knows is `loosened`: a new field of a gate has to be looked at before it may pass for careful. */
const ROWS: readonly Row[] = [
  // Its steps are compared by themselves, whosever they are.
  row(`${PHASE}.cohorts.*.ramp`, 'patients', other),
  ...ramp(`${PHASE}.ramp`),
  ...ramp(`${PHASE}.cohorts.*.ramp`),
  row(`${PHASE}.volume`, 'patients', other),
  row(`${PHASE}.cohorts.*.volume`, 'patients', other),
  row(`${PHASE}.cohorts.**`, 'patients'),
  row(`${PHASE}.soak`, 'gates', higherTightens),
  row(`${PHASE}.soakCycles`, 'gates', oneMoreTightens),
  row(`${PHASE}.soakCycles.*`, 'gates', oneMoreTightens),
  row(`${PHASE}.soakCycles.*.count`, 'gates', higherTightens),
  row(`${PHASE}.dwell`, 'gates', higherTightens),
  row(`${PHASE}.gates.*`, 'gates', oneMoreTightens),
  row(`${PHASE}.gates.*.rule.atLeast`, 'gates', higherTightens),
  row(`${PHASE}.gates.*.rule.margin`, 'gates', lowerTightens),
  row(`${PHASE}.gates.*.rule.times`, 'gates', lowerTightens),
  row(`${PHASE}.gates.*.rule.missed`, 'gates', lowerTightens),
  row(`${PHASE}.gates.*.rule.percentile`, 'gates', higherTightens),
  row(`${PHASE}.gates.*.rule.within`, 'gates', lowerTightens),
  row(`${PHASE}.gates.*.rule.load`, 'gates', lowerTightens),
  row(`${PHASE}.gates.*.rule.during`, 'gates', lowerTightens),
  row(`${PHASE}.gates.*.rule.ofFirst`, 'gates', higherOrNoneTightens),
  // More evidence before a step ends.
  row(`${PHASE}.gates.*.rule.above`, 'gates', higherOrAnyTightens),
  row(`${PHASE}.gates.*.rule.notWorseBy`, 'gates', lowerOrAnyTightens),
  // More, and it decides later; fewer, and it lets a step pass on less. Neither is more careful than the other.
  row(`${PHASE}.gates.*.rule.minimumOutcomes`, 'gates', loosened),
  // Its parts are compared by themselves, wherever they come from.
  row(`${PHASE}.gates.*.builtIn`, 'gates', other),
  row(`${PHASE}.gates.**`, 'gates'),
  // A test that may be wrong more often sees a fall sooner.
  row(`${PHASE}.falseRollbacks`, 'gates', higherTightens),
  row(`${PHASE}.probes.*`, 'patients', oneMoreTightens),
  row(`${PHASE}.probes.**`, 'patients'),
  ...['goNoGo', 'goOn', 'commit'].flatMap((kind) => approval(`${PHASE}.approvals.${kind}`)),
  row(`${PHASE}.approvals.bySignal`, 'people', laterTightens([true, false])),
  row(`${PHASE}.approvals.**`, 'people'),
  row(`${PHASE}.hold.then`, 'gates', oneMoreTightens),
  row(`${PHASE}.hold.then.*`, 'gates', laterTightens([undefined, 'page', 'pause'])),
  row(`${PHASE}.hold.*`, 'gates', lowerTightens),
  row(`${PHASE}.hold.**`, 'gates'),
  row(`${PHASE}.pause.arrivals`, 'patients', laterTightens(['keep', 'stop'])),
  row(`${PHASE}.irreversible.*`, 'patients', oneMoreTightens),
  row(`${PHASE}.irreversible.*.undo`, 'people', other),
  row(`${PHASE}.lease`, 'patients', lowerTightens),
  row(`${PHASE}.resumeWithin`, 'patients', lowerTightens),
  row(`${PHASE}.**`, 'patients'),
  row('phases.**', 'patients'),

  row('rollbackRules.*', 'gates', oneMoreTightens),
  row('rollbackRules.*.action', 'gates', laterTightens(WIDTHS)),
  row('rollbackRules.*.action.scope', 'gates', laterTightens(WIDTHS)),
  row('rollbackRules.*.agreedBy', 'people', moreIsOther),
  row('rollbackRules.**', 'gates'),

  row('queueRules.*', 'gates', oneMoreTightens),
  ...['overdue', 'during', 'count'].map((name) => row(`queueRules.*.${name}`, 'gates', lowerTightens)),
  row('queueRules.*.action', 'gates', laterTightens(WIDTHS)),
  row('queueRules.*.action.scope', 'gates', laterTightens(WIDTHS)),
  row('queueRules.*.agreedBy', 'people', moreIsOther),
  row('queueRules.**', 'gates'),
  row('declaredGates.*', 'gates', oneMoreTightens),
  row('declaredGates.*.limit.atLeast', 'gates', higherTightens),
  ...['atMost', 'margin', 'times', 'within', 'load', 'during', 'every', 'failures'].map((name) =>
    row(`declaredGates.*.limit.${name}`, 'gates', lowerTightens),
  ),
  row('declaredGates.*.action', 'gates', laterTightens(WIDTHS)),
  row('declaredGates.*.action.scope', 'gates', laterTightens(WIDTHS)),
  row('declaredGates.*.agreedBy', 'people', moreIsOther),
  row('declaredGates.*.page', 'people', other),
  row('declaredGates.**', 'gates'),
  row('waivers.*', 'people', oneLessTightens),
  row('advance', 'gates', oneMoreTightens),
  row('advance.**', 'gates'),
  row('calendars.*.closed.*', 'gates', oneMoreTightens),
  row('calendars.**', 'gates'),
  row('coverage.*', 'gates', oneMoreTightens),
  row('coverage.*.minimum', 'gates', higherTightens),
  row('coverage.*.owner', 'people', other),
  row('coverage.**', 'gates'),

  row('handoffs.*', 'gates', oneMoreTightens),
  row('handoffs.*.within', 'gates', lowerTightens),
  row('handoffs.*.lateness', 'gates', lowerTightens),
  row('handoffs.*.queue', 'people', other),
  row('handoffs.*.recipients', 'people', other),
  row('handoffs.*.redrive.**', 'people', other),
  row('handoffs.**', 'gates'),
  row('lateness', 'gates', lowerTightens),
  row('retention', 'people', other),
  row('retention.events', 'people', other),

  row('queues.*', 'people', oneMoreTightens),
  row('queues.*.sla', 'people', lowerTightens),
  row('queues.*.owner', 'people', other),
  row('queues.*.path', 'people', other),
  row('queues.*.escalation.*', 'people', oneMoreTightens),
  row('queues.*.escalation.*.after', 'people', lowerTightens),
  row('queues.*.escalation.*.team', 'people', other),
  row('queues.**', 'people'),

  row('events.**', 'gates'),
  row('hooks.*.secrets.**', 'people', other),
  row('hooks.**', 'gates'),
  row('systems.**', 'gates'),
  row('keys.**', 'patients'),
  row('attributes.**', 'patients'),
  row('testUnits', 'patients'),
  row('title', 'people', other),
  row('owners.*.title', 'people', other),
  row('owners.*.reach.**', 'people', other),
  row('owners.*', 'people', oneMoreTightens),
  row('stackMap.**', 'people', other),
  row('journey.**', 'people', other),
  row('runbook.**', 'people', other),
  row('orderReason', 'people', other),
  row('phasesLeftOut.**', 'people', other),
  row('**', 'people'),
];

const PATTERNS = ROWS.map((one) => ({ ...one, names: one.path.split('.') }));

/** What a difference is about and what it does, by where it stands. */
export function classify({ steps, before, after, texts, phase }: RawChange): PlanChange {
  const { concerns, judge } = rowFor(steps);
  const { part, where, what } = placeOf(steps);
  return {
    path: formatSteps(steps),
    kind: texts.before === undefined ? 'added' : texts.after === undefined ? 'removed' : 'changed',
    ...{ part, where, what, concerns },
    direction: judge({ before: widthOf(before), after: widthOf(after) }),
    ...(phase !== undefined && { phase }),
    ...texts,
  };
}

function rowFor(steps: readonly Step[]): Row {
  const found = PATTERNS.find(({ names }) => fits(names, steps));
  if (found === undefined) throw new Error('The last row fits every path.');
  return found;
}

function fits(names: readonly string[], steps: readonly Step[]): boolean {
  const tail = names.at(-1) === '**';
  const fixed = tail ? names.slice(0, -1) : names;
  if (tail ? steps.length < fixed.length : steps.length !== fixed.length) return false;
  return fixed.every((name, index) => name === '*' || name === steps[index]);
}

/** An action as its width, everything else as it is. */
function widthOf(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('kind' in value)) return value;
  const { kind, scope } = value as { kind: unknown; scope?: unknown };
  return kind === 'pause' ? 'pause' : kind === 'rollback' ? scope : value;
}

const PART_OF: Readonly<Record<string, readonly [Part, string]>> = {
  phases: ['phase', 'phase'],
  cohorts: ['cohort', 'cohort'],
  ramp: ['rampStep', 'step'],
  gates: ['gate', 'gate'],
  rollbackRules: ['rollbackRule', 'rollback rule'],
  handoffs: ['handoff', 'handoff'],
  events: ['event', 'event'],
  hooks: ['event', 'hook'],
  systems: ['system', 'system'],
  queues: ['queue', 'queue'],
  owners: ['people', 'team'],
  stackMap: ['people', 'layer'],
  journey: ['plan', 'stage'],
  ownership: ['plan', 'datum'],
  calendars: ['plan', 'calendar'],
  coverage: ['people', 'requirement'],
  runbook: ['people', 'task'],
  queueRules: ['rollbackRule', 'queue rule'],
  declaredGates: ['gate', 'declared gate'],
  waivers: ['people', 'waiver'],
};

/** The parts that a path leads through, and what is left of it. */
function placeOf(steps: readonly Step[]): { part: Part; where: string; what: string } {
  let part: Part = 'plan';
  let done = 0;
  const words: string[] = [];
  for (const [index, step] of steps.entries()) {
    const list = steps[index - 1];
    if (!isEntry(step) || list === undefined) continue;
    const known = PART_OF[list];
    if (known !== undefined) part = known[0];
    words.push(`${known === undefined ? list : known[1]} ${nameOf(step)}`);
    done = index + 1;
  }
  const rest = steps.slice(done);
  if (rest[0] === 'approvals' || rest[0] === 'approval') part = 'approval';
  return { part, where: words.join(', '), what: formatSteps(rest) };
}
