import type { HandoffRule } from '../handoffs/handoff-rule';
import { matchHistory, type JourneyEvent, type OccurrenceSoFar, type Outcome } from '../handoffs/match-handoffs';
import type { CorrelatedHistory } from './correlated-history';
import type { History } from './history';

/** What a handoff came to over a history. `started = kept + missed + released + open`. */
export interface HandoffCount {
  started: number;
  kept: number;
  missed: number;
  released: number;
  /** Their deadline is not before the last event of the whole log: the log cannot say. */
  open: number;
  /** Starts while one was open. */
  repeated: number;
  /** Ends that closed nothing and recovered nothing. */
  unmatched: number;
  /** Missed ones whose end came after all. */
  recovered: number;
  /** Ends that came once more, where they must come once. */
  secondEnds: number;
}

/** An occurrence, as gates see it. */
export interface PastOccurrence {
  /** Number of its journey, by which its side is drawn. */
  journey: number;
  startedAt: number;
  /** null: open at the log's end. */
  outcome: Outcome | null;
  /** A missed one ends at its deadline; an open one never. */
  endedAt: number;
  deadlineAt: number;
  /** Of a missed one: the condition that an end did not meet. */
  failed?: string;
  /** When an end came once more, where ends must come once. */
  endedTwiceAt?: number;
  /** Of the types that gates look for: those that its journey had between its start and its deadline; undefined: none. */
  had?: ReadonlySet<string>;
}

export interface CountedHandoffs {
  counts: ReadonlyMap<string, HandoffCount>;
  /** Of the handoffs that were asked for, by when they started. */
  occurrences: ReadonlyMap<string, readonly PastOccurrence[]>;
}

/**
 * What became of every handoff of a history, by the matcher of the live path.
 * @param correlated those that do not count by journey
 * @param listed ids of the handoffs whose occurrences are wanted too
 * @param lookedFor types of which is wanted whether they came meanwhile
 */
export function countHandoffs(
  rules: readonly HandoffRule[],
  history: History,
  correlated: readonly CorrelatedHistory[],
  listed: ReadonlySet<string>,
  lookedFor: ReadonlySet<string> = new Set(),
): CountedHandoffs {
  const { lastAt } = history.extent;
  const found = lookedFor.size === 0 ? new Map<number, JourneyEvent[]>() : eventsOf(history, lookedFor);
  const counts = new Map(rules.map(({ id }) => [id, nothingCounted()]));
  const occurrences = new Map<string, PastOccurrence[]>([...listed].map((id) => [id, []]));
  const take = (
    rule: HandoffRule,
    events: readonly JourneyEvent[],
    journeyOf: (start: JourneyEvent) => number,
  ): void => {
    const count = counts.get(rule.id);
    if (count === undefined) return;
    const match = matchHistory(rule, events);
    count.unmatched += match.unmatched;
    for (const occurrence of match.occurrences) {
      const past = withWhatCame(atTheEnd(occurrence, journeyOf(occurrence.start), lastAt), found);
      count.started += 1;
      count[past.outcome ?? 'open'] += 1;
      count.repeated += occurrence.repeated;
      if (occurrence.recoveredAt !== null) count.recovered += 1;
      count.secondEnds += occurrence.secondEnds.length;
      occurrences.get(rule.id)?.push(past);
    }
  };
  const byJourney = rules.filter(({ correlate }) => correlate === undefined);
  for (const { number, events } of history.journeys()) {
    for (const rule of byJourney) take(rule, events, () => number);
  }
  for (const one of correlated) {
    const rule = rules.find(({ id }) => id === one.handoff);
    if (rule === undefined) continue;
    for (const events of one.groups()) take(rule, events, (start) => one.journeyOf(start));
  }
  for (const list of occurrences.values()) list.sort((a, b) => a.startedAt - b.startedAt);
  return { counts, occurrences };
}

/** The rule of a log's end: what is not ended is missed if its deadline is before the last event of the whole log, else open, as what is paused is. */
function atTheEnd(
  { startedAt, deadlineAt, pausedSince, outcome, endedAt, refused, secondEnds }: OccurrenceSoFar,
  journey: number,
  lastAt: number,
): PastOccurrence {
  const [again] = secondEnds;
  const of = { journey, startedAt, deadlineAt, ...(again !== undefined && { endedTwiceAt: again.time }) };
  if (outcome !== null) return { ...of, outcome, endedAt: endedAt ?? deadlineAt };
  if (pausedSince !== null || deadlineAt >= lastAt) return { ...of, outcome: null, endedAt: Infinity };
  return { ...of, outcome: 'missed', endedAt: deadlineAt, ...(refused !== null && { failed: refused.condition }) };
}

/** By number of the journey, its events of these types. */
function eventsOf(history: History, types: ReadonlySet<string>): Map<number, JourneyEvent[]> {
  const found = new Map<number, JourneyEvent[]>();
  for (const { number, events } of history.journeys()) {
    const some = events.filter(({ type }) => types.has(type));
    if (some.length > 0) found.set(number, some);
  }
  return found;
}

function withWhatCame(past: PastOccurrence, found: ReadonlyMap<number, readonly JourneyEvent[]>): PastOccurrence {
  const { journey, startedAt, deadlineAt } = past;
  const came = found.get(journey)?.filter(({ time }) => time >= startedAt && time <= deadlineAt) ?? [];
  return came.length === 0 ? past : { ...past, had: new Set(came.map(({ type }) => type)) };
}

function nothingCounted(): HandoffCount {
  return {
    started: 0,
    kept: 0,
    missed: 0,
    released: 0,
    open: 0,
    repeated: 0,
    unmatched: 0,
    recovered: 0,
    secondEnds: 0,
  };
}
