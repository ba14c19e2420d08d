import type { JourneyKind } from '../../../domain/plan/journey';
import type { Side } from '../../../domain/sides/side';
import { compress } from '../../../domain/time/time-scale';
import type { EventData, EventOrigin } from '../../events/stack-event';
import { HAPPENS_AFTER, type Habit } from '../../journey/habits';
import type { JourneyCase } from '../../journey/journey-case';
import { JOURNEY_EVENTS, JOURNEY_EVENT_TYPES, sourceOf, type JourneyEventType } from '../../journey/journey-events';
import type { JourneyNews, JourneyService } from '../../journey/journey-service';
import { deriveUuid } from '../../patients/derive-key';
import { between, seededRandom, type Random } from '../../patients/seeded-random';
import type { Stack, StackRun } from '../stack';

/** What a stack does for one patient: things happen after a while, and are said. */
export class CaseWork {
  constructor(
    readonly stack: Stack,
    readonly run: StackRun,
    readonly journey: JourneyService,
    readonly who: JourneyCase,
    /** The side that handed it over, or began it. */
    readonly from: Side,
  ) {}

  /** Now, in milliseconds since 1970. */
  get now(): number {
    return this.stack.clock.now().getTime();
  }

  /** The same numbers for the same patient and purpose in every run of that seed. */
  random(purpose: string): Random {
    return seededRandom(`${this.run.seed} ${this.who.journey} ${purpose}`);
  }

  /**
   * Does the work that an event of this type stands for, counted from `since`, after its habit and what faults add. The work is told when it
   * happened, which is exactly then, however busy the machine. The function it gives calls it off.
   */
  after(
    type: JourneyEventType & keyof typeof HAPPENS_AFTER,
    since: number,
    work: (happenedAt: number) => void,
  ): () => boolean {
    return this.afterHabit(type, HAPPENS_AFTER[type], since, work);
  }

  afterHabit(type: JourneyEventType, habit: Habit, since: number, work: (happenedAt: number) => void): () => boolean {
    const { migration, journey } = this.who;
    const event = { migration, journey, type, sequence: sequenceOf(type), origin: this.originOf(type) };
    const wait = between(this.random(type), ...habit) + this.stack.slows(event);
    return this.later(since + compress(wait, this.run.timeScale), work);
  }

  /** Does something at a moment that no event stands for. */
  later(due: number, work: (happenedAt: number) => void): () => boolean {
    return this.stack.later(this.run, new Date(due), (happenedAt) => {
      work(happenedAt.getTime());
    });
  }

  /**
   * Says that it happened; false where a fault lost it, and with it all that would follow. What the plan does not speak of is done without a word.
   * @param nth where a type happens several times in one journey, from 0
   */
  says(type: JourneyEventType, happenedAt: number, data: EventData = {}, nth = 0): boolean {
    const { migration, patient, journey, visitor, subscription } = this.who;
    const { events } = this.journey;
    const fields = events?.[type];
    if (events !== undefined && fields === undefined) return true;
    return this.stack.emit({
      migration,
      source: sourceOf(this.stack.side, JOURNEY_EVENTS[type].system),
      id: deriveUuid(this.run.seed, journey, type, String(nth)),
      type,
      time: new Date(happenedAt),
      journey,
      subject: patient,
      ...(visitor !== undefined && { visitor }),
      ...(subscription !== undefined && { subscription }),
      sequence: sequenceOf(type, nth),
      data: fields === undefined ? data : onlyFields(data, fields),
      origin: this.originOf(type),
    });
  }

  /** What this stack goes on with by itself, once what was handed over is done. */
  get begunHere(): CaseWork {
    return new CaseWork(this.stack, this.run, this.journey, this.who, this.stack.side);
  }

  /** Lets the patient know. */
  tell(news: JourneyNews): void {
    this.journey.tell(this.who, news);
  }

  private originOf(type: JourneyEventType): EventOrigin {
    const part: JourneyKind = JOURNEY_EVENTS[type].part;
    const phase = this.journey.desk.phaseOf(part);
    return {
      part,
      ...(phase !== undefined && { phase }),
      from: this.from,
      lane: this.from === this.stack.side ? 'direct' : 'bridge',
      attributes: this.who.attributes,
    };
  }
}

/** Place of an event in its journey: decides only between events of the same millisecond. */
function sequenceOf(type: JourneyEventType, nth = 0): number {
  return JOURNEY_EVENT_TYPES.indexOf(type) * 10 + nth;
}

function onlyFields(data: EventData, fields: readonly string[]): EventData {
  return Object.fromEntries(Object.entries(data).filter(([name]) => fields.includes(name)));
}
