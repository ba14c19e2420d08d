import { quantile } from '../load/figures';
import { decideApart, ourGate, PARTS, RULE, type Apart } from './rules/our-gate';
import type { Rule } from './rules/rule';
import type { Scenario } from './scenarios';
import { Streams, type Stream } from './streams';

/** Of one rule on many streams of one scenario. */
export interface Figures {
  rolledBack: number;
  /** Target's patients from when it began to fail to the rollback, or to the end. */
  exposedMedian: number;
  /** Those of them who lost by it, in the mean. */
  harmedMean: number;
}

export interface Cell {
  scenario: Scenario;
  share: number;
  perMinute: number;
  minutes: number;
  seed: number;
}

export const PER_MINUTE = 200 / 60;
export const DAY = 1_440;

/** (a) alone, (b) alone and the gate of both, and other rules: all on the same streams. */
export interface Measured {
  ours: Record<keyof Apart, Figures>;
  others: ReadonlyMap<Rule, Figures>;
}

/** So many streams of each cell also go through the gate as the product asks it, minute by minute. */
const CHECKED = 10;

/** @throws Error where the product's gate decides otherwise than its parts do */
export function measureCell(cell: Cell, runs: number, rules: readonly Rule[] = [], ours: typeof RULE = RULE): Measured {
  const streams = streamsOf(cell);
  const whole = ourGate(ours, 'gate');
  const exposure = () => new Exposure(cell.scenario);
  const apart = { comparison: exposure(), floor: exposure(), gate: exposure(), lenient: exposure() };
  const others = rules.map((rule) => [rule, exposure()] as const);
  for (let run = 0; run < runs; run += 1) {
    const stream = streams.draw();
    const decided = decideApart(stream, ours);
    if (run < CHECKED && whole.decide(stream).rollsBackAfter !== decided.gate) {
      throw new Error('The gate decides otherwise in one piece than in parts.');
    }
    for (const part of PARTS) apart[part].add(stream, decided[part]);
    for (const [rule, exposed] of others) exposed.add(stream, rule.decide(stream).rollsBackAfter);
  }
  return {
    ours: {
      comparison: apart.comparison.figures(),
      floor: apart.floor.figures(),
      gate: apart.gate.figures(),
      lenient: apart.lenient.figures(),
    },
    others: new Map(others.map(([rule, exposed]) => [rule, exposed.figures()])),
  };
}

export function measureRule(scenario: Scenario, streams: readonly Stream[], rule: Rule): Figures {
  const exposure = new Exposure(scenario);
  for (const stream of streams) exposure.add(stream, rule.decide(stream).rollsBackAfter);
  return exposure.figures();
}

export function streamsOf({ scenario, perMinute, share, minutes, seed }: Cell): Streams {
  return new Streams(scenario, perMinute, share, minutes, seed);
}

class Exposure {
  readonly #exposed: number[] = [];
  #rolledBack = 0;

  constructor(readonly scenario: Scenario) {}

  add(stream: Stream, rollsBackAfter: number | null): void {
    if (rollsBackAfter !== null) this.#rolledBack += 1;
    const last = rollsBackAfter ?? stream.length / 4 - 1;
    let exposed = 0;
    for (let minute = this.scenario.since * 60; minute <= last; minute += 1) {
      exposed += (stream[4 * minute] ?? 0) + (stream[4 * minute + 1] ?? 0);
    }
    this.#exposed.push(exposed);
  }

  figures(): Figures {
    const rising = [...this.#exposed].sort((one, other) => one - other);
    const mean = rising.reduce((sum, exposed) => sum + exposed, 0) / rising.length;
    return {
      rolledBack: this.#rolledBack / rising.length,
      exposedMedian: quantile(rising, 0.5),
      harmedMean: mean * this.scenario.loss,
    };
  }
}
