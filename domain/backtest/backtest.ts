import { DomainError } from '../domain-error';
import { frictionByPhase, type PhaseFriction } from '../handoffs/friction';
import type { Fields } from '../handoffs/failed-condition';
import { fieldsRead, handoffRules, hears, listensTo } from '../handoffs/handoff-rule';
import type { Plan } from '../plan/plan-schema';
import { bucketOf } from '../sides/bucket';
import { backtestGates, type GateBacktest, type PhaseBacktest } from './backtest-gates';
import { CorrelatedHistory, type LoggedNames } from './correlated-history';
import { countHandoffs, type HandoffCount } from './count-handoffs';
import { DeclaredTypes } from './declared-types';
import { History } from './history';
import { LogFields, type NotAsked } from './log-fields';

/** One event of a log. */
export interface LoggedEvent {
  journey: string;
  /** As the log writes it. */
  type: string;
  /** Milliseconds since 1970. */
  time: number;
  /** Past that millisecond; 0 unless said. */
  nanoseconds?: number;
  /** Comes after the millisecond and before the nanoseconds, as live; 0 where the log has none. Further ties go by the order of the log. */
  sequence: number;
  /** Of the fields that were asked for, those that it has. */
  data?: Fields;
  /** Only logs of CloudEvents say it. */
  named?: LoggedNames;
}

/** What a plan's handoffs and gates would have made of a history. */
export interface BacktestReport {
  migration: string;
  planHash: string;
  log: {
    events: number;
    journeys: number;
    /** ISO 8601; null for a log without events. */
    firstAt: string | null;
    lastAt: string | null;
    /** Earlier than the event before them; they count by their time all the same. */
    outOfOrder: number;
    /** Of types that the plan does not declare. They count for nothing but the log's end. */
    unknown: { events: number; types: { type: string; events: number }[] };
    /** Of types that the plan declares, and no handoff listens to and no gate looks for. */
    unlistened: number;
    /** What no end was asked for, since the log never has the field. */
    notAsked: NotAsked[];
  };
  handoffs: Record<string, HandoffCount>;
  /** R10: by phase, in the plan's order. */
  friction: PhaseFriction[];
  gates: GateBacktest[];
  /** All gates of a phase together, as a migration watches them. */
  phases: PhaseBacktest[];
}

/** More than any log has: a column that holds something else was taken for the type. */
const MOST_TYPES = 10_000;

/** What was taken for event types cannot be. */
export class TooManyEventTypes extends DomainError {
  readonly code = 'too-many-event-types';
  readonly status = 400;
  constructor() {
    super(`The log names more than ${MOST_TYPES} event types. Name the columns that make its type.`);
  }
}

/** A handoff counts by what the log does not say of its events. */
export class LogWithoutNames extends DomainError {
  readonly code = 'log-without-names';
  readonly status = 400;
  constructor(handoff: string) {
    super(
      `The handoff '${handoff}' is correlated by something else than the journey, which a table of cases does not say. Give the log as CloudEvents, one a line.`,
    );
  }
}

/** Takes a log in, event by event in any order, and says what a plan would have made of it. */
export class Backtest {
  private readonly rules;
  private readonly declared: DeclaredTypes;
  private readonly types = new Map<string, KnownType>();
  private readonly fields: LogFields;
  private readonly history: History;
  private readonly correlated: readonly CorrelatedHistory[];
  /** Types that gates look for besides. */
  private readonly lookedFor: ReadonlySet<string>;

  constructor(
    private readonly plan: Plan,
    private readonly planHash: string,
  ) {
    this.rules = handoffRules(plan, 1);
    this.fields = new LogFields(plan.events);
    this.history = new History(this.fieldsRead);
    this.correlated = this.rules.flatMap(({ id, correlate }) =>
      correlate === undefined ? [] : [new CorrelatedHistory(id, correlate, this.fieldsRead)],
    );
    this.lookedFor = new Set(
      plan.phases.flatMap(({ gates }) => gates.flatMap(({ rule }) => (rule.kind === 'ratio' ? [rule.event] : []))),
    );
    this.declared = new DeclaredTypes(plan.events.map(({ type }) => type));
  }

  /** The fields of the log's events that handoffs read. */
  get fieldsRead(): ReadonlySet<string> {
    return fieldsRead(this.rules);
  }

  /** @throws TooManyEventTypes, LogWithoutNames */
  add({ journey, type, time, nanoseconds = 0, sequence, data, named }: LoggedEvent): void {
    const known = this.types.get(type) ?? this.meet(type);
    known.events += 1;
    const declared = known.declared ?? '';
    const fields = data === undefined || !known.heard ? undefined : this.fields.read(declared, data);
    const moment = { time, nanoseconds, sequence };
    const number = this.history.add(journey, declared, known.heard, moment, fields);
    for (const one of known.correlated) {
      if (!one.add({ journey, type: declared, named, data: fields }, moment, number))
        throw new LogWithoutNames(one.handoff);
    }
  }

  private meet(type: string): KnownType {
    if (this.types.size >= MOST_TYPES) throw new TooManyEventTypes();
    const declared = this.declared.find(type);
    const known = {
      ...{ declared, heard: declared !== undefined && this.isHeard(declared), events: 0 },
      correlated: this.correlated.filter(({ handoff }) =>
        this.rules.some((rule) => rule.id === handoff && declared !== undefined && hears(rule, declared)),
      ),
    };
    this.types.set(type, known);
    return known;
  }

  private isHeard(type: string): boolean {
    return listensTo(this.rules, type) || this.lookedFor.has(type);
  }

  result(): BacktestReport {
    const gated = new Set(this.plan.phases.flatMap(({ gates }) => gates.map(({ handoff }) => handoff)));
    const { rules, notAsked } = this.fields.judged(this.rules);
    const { counts, occurrences } = countHandoffs(rules, this.history, this.correlated, gated, this.lookedFor);
    const { events, journeys, firstAt, lastAt, earlier } = this.history.extent;
    const past = {
      occurrencesOf: (handoff: string) => occurrences.get(handoff) ?? [],
      latenessOf: (id: string) => this.plan.handoffs.find((one) => one.id === id)?.lateness ?? this.plan.lateness,
      buckets: this.buckets(journeys),
      extent: { firstAt, lastAt },
    };
    const played = this.plan.phases.map((phase) => backtestGates(phase, past));
    return {
      migration: this.plan.migration,
      planHash: this.planHash,
      log: {
        events,
        journeys,
        firstAt: events === 0 ? null : new Date(firstAt).toISOString(),
        lastAt: events === 0 ? null : new Date(lastAt).toISOString(),
        outOfOrder: earlier,
        ...this.unheard(),
        notAsked,
      },
      handoffs: Object.fromEntries(counts),
      friction: this.friction(counts),
      gates: played.flatMap(({ gates }) => gates),
      phases: played.flatMap(({ phase }) => phase),
    };
  }

  private friction(counts: ReadonlyMap<string, HandoffCount>): PhaseFriction[] {
    return frictionByPhase(
      this.plan.phases.flatMap(({ id: phase }) =>
        this.plan.handoffs
          .filter((handoff) => handoff.phase === phase)
          .flatMap(({ id }) => {
            const count = counts.get(id);
            return count === undefined ? [] : [{ ...count, phase }];
          }),
      ),
    );
  }

  private unheard(): Pick<BacktestReport['log'], 'unknown' | 'unlistened'> {
    const all = [...this.types].map(([type, known]) => ({ type, ...known }));
    const unknown = all.filter(({ declared }) => declared === undefined).sort((a, b) => b.events - a.events);
    return {
      unknown: { events: sumOf(unknown), types: unknown.map(({ type, events }) => ({ type, events })) },
      unlistened: sumOf(all.filter(({ declared, heard }) => declared !== undefined && !heard)),
    };
  }

  /** Whom a split would have taken first: the same draw for the same plan and log. */
  private buckets(journeys: number): Int32Array {
    const buckets = new Int32Array(journeys);
    for (const [number, journey] of this.history.names().entries()) {
      buckets[number] = bucketOf(this.plan.migration, journey);
    }
    return buckets;
  }
}

interface KnownType {
  /** undefined: the plan declares no such type. */
  declared: string | undefined;
  heard: boolean;
  events: number;
  /** Of the handoffs that do not count by journey, those that listen to it. */
  correlated: readonly CorrelatedHistory[];
}

function sumOf(types: readonly { events: number }[]): number {
  return types.reduce((sum, { events }) => sum + events, 0);
}
