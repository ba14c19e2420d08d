import { reachesPeople } from '../phase/reaches-people';
import type { InFlightPolicy, PlanPhase, RollbackScope } from '../plan/plan-schema';
import { isPastReturn } from './past-return';
import type { CannotUndo, LeftBecause, RollbackAction } from './rollback-action';

/** People on target whose journey is open and who reached that milestone last; null: none. */
export interface InFlightGroup {
  milestone: string | null;
  people: number;
  /** Of them, those who wait for a person already. */
  paused: number;
  /** Open journeys of theirs: each makes a case where they are brought back. */
  cases: number;
  /** Of those, the ones of people who do not wait yet. */
  newCases: number;
}

export interface RollbackFacts {
  cohort: string;
  scope: RollbackScope;
  /** Whether a person asked for everyone who may come back, whatever the plan says of them. */
  byHand: boolean;
  /** Share of arrivals before and after, in buckets. */
  from: number;
  to: number;
  inFlight: readonly InFlightGroup[];
  /** The same of the other cohorts that go back with this one, and feed the same queue. */
  elsewhere: readonly InFlightGroup[];
  /** The queue's; without a capacity it has room for everyone. */
  queue: { capacity?: number | undefined; open: number };
}

interface Group extends InFlightGroup {
  policy: InFlightPolicy;
  because?: LeftBecause;
}

/**
 * All that a rollback of one cohort does, in order: traffic first, then people. Both the preview and the execution ask here
 * (I12). One step back moves no people: the step before is where they may stay. Every group that comes back or waits is listed, in journey
 * order, even where nobody is in it now: who gets further while the list is carried out is met by a later action.
 *
 * A queue that has no room for all the cases gets none of them: nobody is brought back by half. What the other cohorts of the same rollback
 * would make counts too, so that the answer is the same whichever comes first: a case that one has made already is one fewer to make.
 */
export function planRollback(facts: RollbackFacts, phase: PlanPhase): RollbackAction[] {
  const { cohort, from, to, scope } = facts;
  const lower: RollbackAction = { kind: 'lowerSplit', cohort, from, to };
  const reopen: RollbackAction[] = reachesPeople(phase, scope, facts.byHand) ? [{ kind: 'reopenSplit', cohort }] : [];
  const groups = groupsOf(facts, phase);
  return [lower, ...(facts.byHand ? byHand(groups, facts, phase) : bySelf(groups, facts, phase)), ...reopen];
}

function bySelf(groups: readonly Group[], facts: RollbackFacts, phase: PlanPhase): RollbackAction[] {
  const { cohort, elsewhere } = facts;
  const { queue } = phase.inFlight;
  const reached = groups.filter(({ policy }) => policy !== 'finish');
  const room = roomIn(facts.queue);
  const cases =
    casesOf(reached) + casesOf(elsewhere.map((group) => ({ ...group, ...policyFor(phase, facts, group.milestone) })));
  if (queue === undefined || cases <= room)
    return [...left(groups, cohort), ...(queue === undefined ? [] : moved(reached, cohort, queue))];
  const people = reached.reduce((sum, group) => sum + concerned(group), 0);
  const staying = groups.map((group): Group =>
    group.policy === 'finish' ? group : { ...group, policy: 'finish', because: 'queueFull' },
  );
  return [
    ...left(staying, cohort),
    ...(people === 0 ? [] : [{ kind: 'queueFull' as const, cohort, people, queue, cases, room }]),
  ];
}

/** One after the other, those who got least far first, for as long as the queue has room. */
function byHand(groups: readonly Group[], facts: RollbackFacts, phase: PlanPhase): RollbackAction[] {
  const { cohort } = facts;
  const { queue } = phase.inFlight;
  const { capacity } = facts.queue;
  if (queue === undefined) return left(groups, cohort);
  let room = roomIn(facts.queue);
  const staying: Group[] = [];
  const coming = groups.flatMap((group): RollbackAction[] => {
    if (group.policy !== 'bringBack') {
      staying.push(group);
      return [];
    }
    // Nobody has fewer than one case, and hardly anybody more.
    const people = group.cases <= room ? group.people : Math.min(group.people, room);
    room = Math.max(0, room - group.cases);
    if (people < group.people) staying.push({ ...group, people: group.people - people, because: 'queueFull' });
    const { milestone } = group;
    return [
      { kind: 'bringBack', cohort, milestone, people, queue, ...(capacity !== undefined && { within: capacity }) },
    ];
  });
  return [...left(staying, cohort), ...coming];
}

/** What happened to people on target that stays: only what happened at all is listed. */
export function cannotUndo(phase: PlanPhase, counts: Readonly<Record<string, number>>): CannotUndo[] {
  return phase.irreversible
    .map(({ effect, event, undo }) => ({ effect, undo, count: counts[event] ?? 0 }))
    .filter(({ count }) => count > 0);
}

function groupsOf(facts: RollbackFacts, phase: PlanPhase): Group[] {
  return [null, ...phase.inFlight.milestones.map(({ id }) => id)].map((milestone) => {
    const group = facts.inFlight.find((one) => one.milestone === milestone);
    return {
      ...(group ?? { milestone, people: 0, paused: 0, cases: 0, newCases: 0 }),
      ...policyFor(phase, facts, milestone),
    };
  });
}

function policyFor(
  phase: PlanPhase,
  { scope, byHand: asked }: Pick<RollbackFacts, 'scope' | 'byHand'>,
  milestone: string | null,
): Pick<Group, 'policy' | 'because'> {
  if (!reachesPeople(phase, scope, asked)) return { policy: 'finish' };
  const declared = phase.inFlight.milestones.find(({ id }) => id === milestone)?.policy ?? phase.inFlight.otherwise;
  const policy = asked ? 'bringBack' : declared;
  return policy === 'bringBack' && isPastReturn(phase, milestone)
    ? { policy: 'finish', because: 'pastReturn' }
    : { policy };
}

function left(groups: readonly Group[], cohort: string): RollbackAction[] {
  return groups
    .filter(({ policy, because, people }) => people > 0 && (policy === 'finish' || because === 'queueFull'))
    .map(({ milestone, people, because }) => ({
      kind: 'leaveToFinish',
      ...{ cohort, milestone, people },
      ...(because !== undefined && { because }),
    }));
}

function moved(groups: readonly Group[], cohort: string, queue: string): RollbackAction[] {
  return groups.map((group): RollbackAction => {
    const { policy, milestone, paused } = group;
    const of = { cohort, milestone, people: concerned(group), queue };
    return policy === 'pause' ? { kind: 'pause', ...of, waiting: paused } : { kind: 'bringBack', ...of };
  });
}

/** Whoever waits already is not let wait once more. */
function concerned({ policy, people, paused }: Group): number {
  return policy === 'pause' ? people - paused : people;
}

function casesOf(groups: readonly Group[]): number {
  return groups.reduce(
    (sum, { policy, cases, newCases }) => sum + (policy === 'finish' ? 0 : policy === 'pause' ? newCases : cases),
    0,
  );
}

function roomIn({ capacity, open }: RollbackFacts['queue']): number {
  return capacity === undefined ? Number.POSITIVE_INFINITY : Math.max(0, capacity - open);
}
