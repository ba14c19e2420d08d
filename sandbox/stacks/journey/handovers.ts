import { setTimeout as wait } from 'node:timers/promises';
import type { Express } from 'express';
import { z } from 'zod';
import { SIDES, type Side } from '../../../domain/sides/side';
import type { JourneyKind } from '../../../domain/plan/journey';
import { BoundedMemory } from '../../journey/bounded-memory';
import { journeyCaseSchema, type JourneyCase } from '../../journey/journey-case';
import { JOURNEY_EVENTS, type JourneyEventType } from '../../journey/journey-events';
import { postJson } from '../../patients/http-client';
import { readBody } from '../../sandbox-failure';
import { NoSuchRun, type Stack } from '../stack';
import { CaseWork } from './case-work';

/** Work that goes over an edge of the journey, each with the event that it leads to. */
export const EDGES = {
  charts: 'chart.created',
  reviews: 'review.assigned',
  refunds: 'payment.refunded',
  tracking: 'tracking.visible',
} as const satisfies Record<string, JourneyEventType>;
export type Edge = keyof typeof EDGES;

const handoverSchema = z.strictObject({
  who: journeyCaseSchema,
  from: z.enum(SIDES),
  /** When what leads to it happened: milliseconds since 1970. */
  since: z.number().min(0),
  /** It could not be handed over at once: what follows counts from now on. */
  late: z.boolean(),
});

/** Does the work that reached this stack. `since` is when what leads to it happened. */
type TakeWork = (work: CaseWork, since: number) => void;

/** Moments that are remembered, so that who lost an answer and asks again has nothing done twice. */
const REMEMBERED = 100_000;

/** The edges of one stack: what it hands over goes to the other stack over HTTP where the patient is there in the next part, else stays. */
export class Handovers {
  private readonly takers = new Map<Edge, TakeWork>();
  private readonly done = new BoundedMemory<Promise<boolean>>(REMEMBERED);

  constructor(
    readonly app: Express,
    readonly stack: Stack,
  ) {}

  /** Takes work of this edge from either stack. */
  takes(edge: Edge, take: TakeWork): void {
    this.takers.set(edge, take);
    this.app.post(`/handovers/${edge}`, (request, response) => {
      const { who, from, since, late } = readBody(handoverSchema, request.body);
      const work = this.workFor(who, from);
      void this.once(edge, who, () => {
        take(work, late ? work.now : since);
        return Promise.resolve(true);
      });
      response.status(202).send({ status: 'taken' });
    });
  }

  /** @throws NoSuchRun, StackOverloaded */
  workFor(who: JourneyCase, from: Side = this.stack.side): CaseWork {
    const run = this.stack.runOf(who.migration);
    if (run.journey === undefined) throw new NoSuchRun();
    return new CaseWork(this.stack, run, run.journey, who, from);
  }

  /** Does something for a patient once, and remembers what came of it. */
  once(what: string, who: JourneyCase, act: () => Promise<boolean>): Promise<boolean> {
    return this.done.once(`${what} ${who.migration} ${who.journey}`, act);
  }

  /** Hands work to the stack of the patient's side in the part that the edge leads to, and again until it is taken. */
  give(edge: Edge, work: CaseWork, since: number): void {
    const finish = work.stack.begin(work.run);
    void this.deliver(edge, work, since).finally(finish);
  }

  private async deliver(edge: Edge, work: CaseWork, since: number): Promise<void> {
    const { who, journey, stack } = work;
    const type = EDGES[edge];
    const part: JourneyKind = JOURNEY_EVENTS[type].part;
    const to = await journey.desk.tellStack(part, who, stack.closing);
    if (to === undefined) {
      work.tell('lost');
      return;
    }
    if (to === stack.side) {
      this.takers.get(edge)?.(new CaseWork(stack, work.run, journey, who, stack.side), since);
      return;
    }
    journey.bridged(type, stack.side);
    const url = new URL(`/handovers/${edge}`, journey.stackUrls[to]).href;
    for (let attempt = 0; !stack.closing.aborted; attempt += 1) {
      if (stack.isUp) {
        const status = await postJson(url, { who, from: stack.side, since, late: attempt > 0 }, 5_000);
        if (status === 202) return;
      }
      await wait(Math.min(2_000, 50 * 2 ** attempt), undefined, { ref: false });
    }
  }
}
