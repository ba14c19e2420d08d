import { argoRollouts } from '../../../bench/gates/rules/argo-rollouts';
import { flagger } from '../../../bench/gates/rules/flagger';
import { boundaries, SPENDING } from '../../../bench/gates/rules/group-sequential';
import { kayenta } from '../../../bench/gates/rules/kayenta';
import { msprt } from '../../../bench/gates/rules/msprt';
import type { Stream } from '../../../bench/gates/streams';

/** By hour what each minute of it brings: target's kept and missed, legacy's kept and missed. */
function hours(...each: readonly [number, number, number, number][]): Stream {
  return Int32Array.from(each.flatMap((minute) => Array.from({ length: 60 }, () => minute).flat()));
}

const GOOD: [number, number, number, number] = [3, 2, 3, 2];
const BAD: [number, number, number, number] = [1, 4, 3, 2];
const NONE: [number, number, number, number] = [0, 0, 0, 0];

/** The rules that the benchmark of gates compares with do what their makers publish. */
describe('rules of others', () => {
  it.each([
    ['Pocock', [2.438, 2.427, 2.41, 2.397, 2.386]],
    ["O'Brien-Fleming", [4.877, 3.357, 2.68, 2.29, 2.031]],
  ] as const)(
    '%s spending has the boundaries that are published for five looks, alpha 2.5%%',
    (spending, published) => {
      const limits = boundaries((part) => SPENDING[spending](0.025, part), 5);
      limits.forEach((limit, look) => {
        expect(Math.abs(limit - (published[look] ?? 0))).toBeLessThan(0.01);
      });
    },
  );

  it('Argo Rollouts fails on one failure more than its limit, whatever passed between', () => {
    const rule = argoRollouts({ name: '', atLeast: 0.5, failureLimit: 1, passesNoData: false });
    expect(rule.decide(hours(BAD, GOOD, GOOD, BAD, GOOD))).toEqual({ rollsBackAfter: 239, goesOn: false });
    expect(rule.decide(hours(BAD, GOOD, GOOD))).toEqual({ rollsBackAfter: null, goesOn: true });
  });

  it('Argo Rollouts ends on more than four errors one after the other, or passes them by', () => {
    const rule = (passesNoData: boolean) => argoRollouts({ name: '', atLeast: 0.5, failureLimit: 0, passesNoData });
    expect(rule(false).decide(hours(NONE, NONE, NONE, NONE, GOOD, NONE))).toMatchObject({ rollsBackAfter: null });
    expect(rule(false).decide(hours(NONE, NONE, NONE, NONE, NONE))).toMatchObject({ rollsBackAfter: 299 });
    expect(rule(true).decide(hours(NONE, NONE, NONE, NONE, NONE))).toEqual({ rollsBackAfter: null, goesOn: true });
  });

  it('Flagger counts failed checks and never sets them back; no data is one', () => {
    const rule = flagger({ name: '', atLeast: 0.5, threshold: 3 });
    expect(rule.decide(hours(BAD, GOOD, NONE, GOOD, BAD, GOOD))).toMatchObject({ rollsBackAfter: 299 });
    expect(rule.decide(hours(BAD, GOOD, NONE, GOOD))).toEqual({ rollsBackAfter: null, goesOn: true });
  });

  it('Kayenta rolls back where the whole interval is below, and on no data; where all points are the same it cannot tell', () => {
    const mixed = (kept: number): Stream =>
      Int32Array.from(
        Array.from({ length: 60 }, (_, minute) => [
          kept + (minute % 3),
          5 - kept - (minute % 3),
          2 + (minute % 3),
          3 - (minute % 3),
        ]).flat(),
      );
    expect(kayenta.decide(mixed(2))).toEqual({ rollsBackAfter: null, goesOn: true });
    expect(kayenta.decide(mixed(0))).toMatchObject({ rollsBackAfter: 59 });
    expect(kayenta.decide(hours(NONE))).toMatchObject({ rollsBackAfter: 59 });
    expect(kayenta.decide(hours([1, 0, 1, 0]))).toEqual({ rollsBackAfter: null, goesOn: true });
  });

  it('the mSPRT is the mixture’s likelihood ratio: 23 missed of 23 beside a known 60% reach 20, for tau 0.05', () => {
    // By its formula, with legacy so large that its own variance is nothing: V = p(1 − p)/n, p nearly 0.6.
    const minutes = (n: number) => Int32Array.from([0, n, 60_000_000, 40_000_000]);
    const V = (n: number) => 0.24 / n;
    const ratio = (n: number) =>
      Math.sqrt(V(n) / (V(n) + 0.0025)) * Math.exp((0.0025 * 0.36) / (2 * V(n) * (V(n) + 0.0025)));
    const first = Array.from({ length: 60 }, (_, n) => n + 1).find((n) => ratio(n) >= 20);
    const crosses = (n: number) => msprt(0.05, 0.05).decide(minutes(n)).rollsBackAfter !== null;
    expect(crosses(first ?? 0)).toBe(true);
    expect(crosses((first ?? 0) - 1)).toBe(false);
    expect(first).toBe(23);
  });
});
