import { correlatedUnit, partOf } from '../handoffs/correlation';
import type { Fields } from '../handoffs/failed-condition';
import type { Correlation } from '../handoffs/handoff-rule';
import type { JourneyEvent } from '../handoffs/match-handoffs';
import type { UnitKeys } from '../sides/units';
import { GrowingColumn } from './growing-column';
import { History, type LogMoment } from './history';

/** Whom an event of a log is about. */
export interface LoggedNames {
  /** The patient's key. */
  subject: string;
  units: UnitKeys;
}

/** An event that a handoff listens to, with what else the log says of it. */
interface HeardEvent {
  journey: string;
  type: string;
  named: LoggedNames | undefined;
  data: Fields | undefined;
}

/** The events of one handoff whose start and end have something else in common than the journey: by the rule of the live path, nothing being linked. */
export class CorrelatedHistory {
  private readonly history: History;
  private readonly journeyOfRow = GrowingColumn.of((length) => new Int32Array(length));

  /** @param fields those that are kept of an event */
  constructor(
    readonly handoff: string,
    private readonly correlate: Correlation,
    fields: Iterable<string>,
  ) {
    this.history = new History(fields);
  }

  /** False where the log does not say what the handoff counts by. @param number of the journey, by which its side is drawn */
  add({ journey, type, named, data = {} }: HeardEvent, moment: LogMoment, number: number): boolean {
    const { correlate } = this;
    const isSaid = correlate.kind === 'field' ? data[correlate.field] !== undefined : named !== undefined;
    if (!isSaid) return false;
    const { kind, key } = correlatedUnit(correlate, { journey, subject: '', units: {}, ...named });
    this.history.add(JSON.stringify([kind, key, partOf(correlate, { data })]), type, true, moment, data);
    this.journeyOfRow.push(number);
    return true;
  }

  /** The events that are matched together. */
  *groups(): Generator<JourneyEvent[]> {
    for (const { events } of this.history.journeys()) yield events;
  }

  /** Number of the journey of an event. */
  journeyOf({ identity }: JourneyEvent): number {
    return this.journeyOfRow.at(Number(identity));
  }
}
