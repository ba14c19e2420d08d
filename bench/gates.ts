import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { barsOf, percent } from './gates/bars';
import { DAY, measureCell, PER_MINUTE, streamsOf, type Cell } from './gates/cells';
import { ARGO_WITHOUT_DATA, peersAt } from './gates/peers';
import { ALPHA, ourGate, RULE } from './gates/rules/our-gate';
import type { Rule } from './gates/rules/rule';
import { BASE, fails, HEALTHY, NO_DATA, SCENARIOS, type Scenario } from './gates/scenarios';
import { noDataTable, shareTable, shownShare, smallVolumeTable, type NoDataOutcome } from './gates/tables';
import { isKept, limitLines } from './load/limits';

const SHARES = [0.01, 0.05, 0.25, 0.5];
/** A comparison with this margin is tried with target as much below. */
const EDGE_MARGIN = 0.05;

/**
 * `npm run bench:gates`: how often gates roll a healthy phase back, and how many patients a failing one reaches until they do; ours beside those of
 * others, by their published semantics, on the same arrivals. See docs/benchmarks.md.
 *
 *     --check     exits with 1 where a bar is missed
 *     --seed N    of the arrivals
 *     --runs R    of each cell; twice as many where nothing is wrong
 */
function main(): void {
  const { values } = parseArgs({
    options: {
      check: { type: 'boolean', default: false },
      seed: { type: 'string', default: '1' },
      runs: { type: 'string', default: '2000' },
    },
  });
  const runs = wholeNumber('--runs', values.runs);
  const seed = wholeNumber('--seed', values.seed);
  const began = Date.now();
  const { comparison, floor } = RULE;
  tell([
    `${cpus().length} cores (${cpus()[0]?.model ?? 'unknown'}), Node ${process.versions.node}; seed ${seed}, ${runs} runs a cell, ${2 * runs} where nothing is wrong`,
    `200 arrivals an hour, ${BASE} kept, 24 hours at one share, a look each minute; alpha ${ALPHA}, margin ${comparison.margin}, floor ${floor.atLeast}, weights ${comparison.weight} and ${floor.weight}`,
  ]);
  const cellOf = (share: number, scenario: Scenario, number: number): Cell => ({
    scenario,
    share,
    perMinute: PER_MINUTE,
    minutes: DAY,
    seed: seed * 10_000 + 100 * SHARES.indexOf(share) + number,
  });

  const ours = new Map<string, ReturnType<typeof measureCell>['ours']>();
  const peers = new Map<number, Rule[]>();
  for (const share of SHARES) {
    const rules = peersAt(cellOf(share, HEALTHY.stationary, 50));
    peers.set(share, rules);
    const cells = SCENARIOS.map((scenario, number) =>
      measureCell(cellOf(share, scenario, number), scenario.loss === 0 ? 2 * runs : runs, rules),
    );
    cells.forEach((cell, number) => ours.set(`${share} ${SCENARIOS[number]?.name ?? ''}`, cell.ours));
    tell(shareTable(share, cells, rules));
    process.stderr.write(`${percent(share)} after ${Math.round((Date.now() - began) / 1_000)} s\n`);
  }

  const withMargin = { ...RULE, comparison: { ...comparison, margin: EDGE_MARGIN } };
  const edges = new Map(
    SHARES.map((share) => {
      const below = measureCell(cellOf(share, fails('below', BASE - EDGE_MARGIN), 60), 2 * runs, [], withMargin);
      const atFloor = measureCell(cellOf(share, fails('at the floor', floor.atLeast), 61), 2 * runs);
      return [share, { comparison: below.ours.comparison, floor: atFloor.ours.floor }];
    }),
  );
  tell([
    `rolled back at the edge of what is healthy: (a) with margin ${EDGE_MARGIN} and target as much below; (b) with target at the floor`,
    ...[...edges].map(
      ([share, edge]) => `  ${percent(share).padEnd(6)}${shownShare(edge.comparison)}   ${shownShare(edge.floor)}`,
    ),
  ]);

  const withoutData = NO_DATA.flatMap((scenario, number) => {
    const rules = [ourGate(RULE, 'gate of (a) and (b)'), ...found(peers, 0.05), ARGO_WITHOUT_DATA];
    return rules.map((rule, index): NoDataOutcome => {
      const { rollsBackAfter, goesOn } = rule.decide(streamsOf(cellOf(0.05, scenario, 70 + number)).draw());
      const after = `rolls back after ${((rollsBackAfter ?? 0) + 1) / 60} h`;
      const outcome = rollsBackAfter === null ? (goesOn ? 'passes' : 'holds') : after;
      return { isOurs: index === 0, rule: rule.name, scenario: scenario.name, outcome };
    });
  });
  tell(noDataTable(withoutData));

  tell(smallVolumeTable(SHARES.slice(1), runs, seed * 10_000 + 8_000));

  const bars = barsOf({
    shares: SHARES,
    ours: (share, scenario) => found(ours, `${share} ${scenario}`),
    atEdge: (share) => found(edges, share),
    noData: withoutData.filter(({ isOurs }) => isOurs),
  });
  tell(limitLines(bars));
  tell([`${Math.round((Date.now() - began) / 1_000)} s`]);
  if (values.check && !bars.every(isKept)) process.exitCode = 1;
}

function wholeNumber(option: string, value: string): number {
  if (!/^[1-9]\d{0,5}$/.test(value))
    throw new Error(`${option} must be a whole number from 1 to 999999 (got ${value}).`);
  return Number(value);
}

function found<Key, Value>(map: ReadonlyMap<Key, Value>, key: Key): Value {
  const value = map.get(key);
  if (value === undefined) throw new Error(`Nothing was measured for ${String(key)}.`);
  return value;
}

function tell(lines: readonly string[]): void {
  process.stdout.write(`${lines.join('\n')}\n\n`);
}

main();
