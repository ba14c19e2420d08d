/** Kept rates hour by hour, and what patients lose by them. */
export interface Scenario {
  name: string;
  rates: (hour: number) => { target: number; legacy: number };
  /** By how much target's rate is below legacy's, once it is: who is harmed is that part of those exposed. */
  loss: number;
  /** Hour in which target begins to fail. */
  since: number;
  noTarget?: boolean;
  noLegacy?: boolean;
}

export const BASE = 0.6;

const alike = (name: string, rate: (hour: number) => number): Scenario => ({
  name,
  rates: (hour) => ({ target: rate(hour), legacy: rate(hour) }),
  loss: 0,
  since: 0,
});

export function fails(name: string, to: number, since = 0): Scenario {
  return {
    name,
    rates: (hour) => ({ target: hour < since ? BASE : to, legacy: BASE }),
    loss: BASE - to,
    since,
  };
}

/** Nothing is wrong with target in these. */
export const HEALTHY = {
  stationary: alike('stationary', () => BASE),
  diurnal: alike('±10 points a day', (hour) => BASE + 0.1 * Math.sin((2 * Math.PI * hour) / 24)),
  shock: alike('shared shock', (hour) => (hour === 8 ? 0.1 : BASE)),
};

export const FAILING = {
  outage: fails('outage', 0),
  minus50: fails('−50', 0.1),
  minus20: fails('−20', 0.4),
  minus10: fails('−10', 0.5),
  late50: fails('−50 from hour 12', 0.1, 12),
};

export const SCENARIOS: readonly Scenario[] = [...Object.values(HEALTHY), ...Object.values(FAILING)];

export const NO_DATA: readonly Scenario[] = [
  { ...HEALTHY.stationary, name: 'no data', noTarget: true, noLegacy: true },
  { ...HEALTHY.stationary, name: 'no data of target', noTarget: true },
];
