import { beginNotWorse, takeNotWorse } from '../../domain/gates/sequential/going-on';
import { quantile } from '../load/figures';
import { ALPHA, decideApart, minuteOf } from './rules/our-gate';
import { FAILING, HEALTHY, type Scenario } from './scenarios';
import { Streams } from './streams';

const A_DAY = 150;
const HOURS_A_DAY = 24;
const PER_HOUR = A_DAY / HOURS_A_DAY;

/** In patients of target's, which any volume shares, and in days at 150 arrivals a day; medians. Infinity: not within the days looked at. */
export interface Wait {
  patients: number;
  days: number;
}

/** Looked at each hour: one slot of a stream is an hour here. */
export function untilRollback(name: keyof typeof FAILING, share: number, runs: number, seed: number): Wait {
  return medianOf(FAILING[name], share, 60, runs, seed, (stream) => decideApart(stream).gate);
}

/** Until it is shown that target is not worse than legacy by the margin, of a target that is as good. */
export function untilCertified(margin: number, share: number, runs: number, seed: number): Wait {
  return medianOf(HEALTHY.stationary, share, 200, runs, seed, (stream) => {
    let state = beginNotWorse();
    for (let hour = 0; hour < stream.length / 4; hour += 1) {
      state = takeNotWorse(margin, state, minuteOf(stream, hour));
      if (state.logEvidence >= -Math.log(ALPHA)) return hour;
    }
    return null;
  });
}

function medianOf(
  scenario: Scenario,
  share: number,
  days: number,
  runs: number,
  seed: number,
  until: (stream: Int32Array) => number | null,
): Wait {
  const streams = new Streams(scenario, PER_HOUR, share, days * HOURS_A_DAY, seed);
  const waits: { patients: number; days: number }[] = [];
  for (let run = 0; run < runs; run += 1) {
    const stream = streams.draw();
    const hour = until(stream);
    let patients = 0;
    for (let slot = 0; slot <= (hour ?? -1); slot += 1)
      patients += (stream[4 * slot] ?? 0) + (stream[4 * slot + 1] ?? 0);
    waits.push(hour === null ? { patients: Infinity, days: Infinity } : { patients, days: (hour + 1) / HOURS_A_DAY });
  }
  const middle = (values: number[]) =>
    quantile(
      values.sort((one, other) => one - other),
      0.5,
    );
  return { patients: middle(waits.map(({ patients }) => patients)), days: middle(waits.map((wait) => wait.days)) };
}
