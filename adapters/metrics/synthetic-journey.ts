import { setTimeout as wait } from 'node:timers/promises';
import { request } from 'undici';
import { Expression } from '../../domain/hooks/expression';
import type { RunEnd, RunReason, SyntheticStep } from '../../domain/synthetic/synthetic-run';
import type { Milliseconds } from '../../domain/time/duration';
import { addressOf } from './ask-json';

/** A stack under test. Neither address nor token is ever logged or stored. */
export interface Stack {
  /** http or https; may have a path that every step goes below. */
  url: string;
  /** Sent as `Authorization: Bearer …`. */
  token?: string;
}

export interface JourneyTimes {
  /** For each answer. */
  timeout: Milliseconds;
  /** For how long the last step may be asked again. */
  until?: Milliseconds | undefined;
}

/** How one step went; without a reason as expected. */
interface StepEnd {
  why: RunReason | null;
  status: number | null;
}

const LONGEST_ANSWER = 1_048_576;
/** The last step is asked again about so often until its time is over, and at most and at least this far apart. */
const TIMES_ASKED = 50;
const ASKED_AGAIN: { least: Milliseconds; most: Milliseconds } = { least: 200, most: 15_000 };

/** The journey of a synthetic patient through one stack, as often as it is asked for. */
export class SyntheticJourney {
  private readonly expressions: (Expression | undefined)[];

  constructor(
    private readonly stack: Stack,
    private readonly steps: readonly SyntheticStep[],
    private readonly times: JourneyTimes,
  ) {
    this.expressions = steps.map(({ holds }) => (holds === undefined ? undefined : new Expression(holds)));
  }

  /**
   * Goes through it once, to the first step that is not as expected. A stack that refuses or does not answer is what is looked for, so it is a miss and no
   * error. Throws nothing.
   * @param key of a patient that is none (domain/sides/synthetic-key.ts), fresh for each run
   */
  async run(key: string, stopping: AbortSignal): Promise<RunEnd> {
    let status: number | null = null;
    for (const [index, step] of this.steps.entries()) {
      const last = index === this.steps.length - 1;
      const end = last
        ? await this.untilItHolds(index, step, key, stopping)
        : await this.take(index, step, key, stopping);
      status = end.status;
      if (end.why === null) continue;
      const outcome = end.why === 'stopped' ? 'lost' : end.why === 'credentials' ? 'untried' : 'missed';
      return { outcome, step: index + 1, why: end.why, status };
    }
    return { outcome: 'kept', step: null, why: null, status };
  }

  private async untilItHolds(index: number, step: SyntheticStep, key: string, stopping: AbortSignal): Promise<StepEnd> {
    const { until = 0 } = this.times;
    const over = performance.now() + until;
    const pause = Math.min(ASKED_AGAIN.most, Math.max(ASKED_AGAIN.least, until / TIMES_ASKED));
    for (;;) {
      const end = await this.take(index, step, key, stopping);
      if (end.why === null || end.why === 'stopped' || end.why === 'credentials') return end;
      const left = over - performance.now();
      if (left <= 0) return end;
      // Asked once more at the very end, so that what came about in time is seen.
      await wait(Math.min(pause, left), undefined, { signal: stopping }).catch(() => undefined);
    }
  }

  private async take(index: number, step: SyntheticStep, key: string, stopping: AbortSignal): Promise<StepEnd> {
    if (isOver(stopping)) return { why: 'stopped', status: null };
    const late = AbortSignal.timeout(this.times.timeout);
    const { token } = this.stack;
    let status: number | null = null;
    try {
      const answer = await request(this.address(step, key), {
        method: step.post === undefined ? 'GET' : 'POST',
        headers: {
          'user-agent': 'warm-handoff-synthetic',
          accept: 'application/json, text/html;q=0.9, */*;q=0.8',
          ...(token !== undefined && { authorization: `Bearer ${token}` }),
          ...(step.body !== undefined && { 'content-type': 'application/json' }),
        },
        ...(step.body !== undefined && { body: JSON.stringify(bodyOf(step.body, key)) }),
        // A new connection each time, as a patient who comes has one.
        reset: true,
        signal: AbortSignal.any([late, stopping]),
      });
      status = answer.statusCode;
      const text = await read(answer.body);
      // Said of us, not of the stack: an expired token takes nobody back.
      if (status === 401 && token !== undefined && step.status !== 401) return { why: 'credentials', status };
      if (!isExpected(status, step.status)) return { why: 'status', status };
      if (text === undefined) return { why: 'tooLong', status };
      return { why: await this.whyNotHeld(index, text), status };
    } catch {
      if (isOver(stopping)) return { why: 'stopped', status };
      return { why: isOver(late) ? 'late' : 'unreachable', status };
    }
  }

  private async whyNotHeld(index: number, text: string): Promise<RunReason | null> {
    const holds = this.expressions[index];
    if (holds === undefined) return null;
    let answer: unknown;
    try {
      answer = JSON.parse(text);
    } catch {
      return 'notJson';
    }
    const value = await holds.evaluate(answer).catch(() => undefined);
    return value === true ? null : 'notHeld';
  }

  private address({ get, post }: SyntheticStep, key: string): URL {
    const [path = '', query = ''] = (get ?? post ?? '').replaceAll('$key', key).split('?');
    const address = addressOf(this.stack, path);
    address.search = query;
    return address;
  }
}

/** May have become so since it was asked last. */
function isOver({ aborted }: AbortSignal): boolean {
  return aborted;
}

function isExpected(status: number, expected: number | undefined): boolean {
  return expected === undefined ? status >= 200 && status <= 299 : status === expected;
}

/** The whole answer; undefined where it is longer than anybody asked for. */
async function read(body: AsyncIterable<Buffer>): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of body) {
    length += chunk.length;
    if (length > LONGEST_ANSWER) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

type Value = string | number | boolean;
interface Fields {
  [name: string]: Value | Fields;
}

/** `patient.state` is the field `state` inside of `patient`. */
function bodyOf(fields: NonNullable<SyntheticStep['body']>, key: string): Fields {
  const body: Fields = {};
  for (const [path, value] of Object.entries(fields)) {
    const names = path.split('.');
    let inside = body;
    for (const name of names.slice(0, -1)) {
      const next = inside[name];
      inside = inside[name] = typeof next === 'object' ? next : {};
    }
    inside[names.at(-1) ?? ''] = value === '$key' ? key : value;
  }
  return body;
}
