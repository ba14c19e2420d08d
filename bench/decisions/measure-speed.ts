import { FlagdCore } from '@openfeature/flagd-core';
import { join } from 'node:path';
import type { Side } from '../../domain/sides/side';
import { freePort } from '../../supervisor/free-port';
import { askAgain } from '../load/ask-again';
import { spreadOf, type Spread } from '../load/figures';
import type { Limit } from '../load/limits';
import type { LoadResult, Units } from '../load/load';
import type { LoadProcess } from '../load/load-process';
import { MeasuredProcess } from '../load/measured-process';
import { FLAG } from './benchmark-plan';
import { askContender, askTogether, type BenchServer, type Contender, type Slice } from './contender';
import { FLAGD_FLAGS } from './flagd-flags';
import { startOurApi } from './our-api';
import { expectedSide, seededDatabase } from './seeded-database';
import { contextOf } from '../load/unit-keys';

export interface SpeedOptions extends BenchServer {
  /** Few enough for flagd's memory and ours alike; a busy day has fewer. */
  knownUnits: number;
  rounds: number;
  /** Of one contender at one pace, in milliseconds. */
  slice: number;
}

export interface Speed {
  lines: string[];
  limits: Limit[];
}

/** New units are counted from here on: none of them was ever asked for. */
const NEW_UNITS_FROM = 100_000_000;
const NEW_UNITS_AT_MOST = 1_000_000_000;

const NAMES = {
  bare: 'bare Node http + JSON.parse',
  flagd: 'flagd-core',
  twin: 'flagd-core, another process',
  known: 'ours, known unit',
  first: 'ours, first question',
};
type Name = keyof typeof NAMES;
const ORDER: readonly Name[] = ['bare', 'flagd', 'twin', 'known', 'first'];
/** Those that need not write: asked at the same time where it is about how long answers take. */
const AT_ONCE = ['bare', 'flagd', 'twin', 'known'] as const satisfies readonly Name[];

interface Round {
  generation: number;
  of: Record<Name, { closed: Slice; paced: LoadResult }>;
  paces: Paces;
}

/**
 * So often all servers are started anew: where a process's code and data happen to lie in memory makes one of the same program up to a tenth
 * slower than another, for as long as it runs.
 */
const GENERATIONS = 3;

/** At a pace a slice is this much longer: p99 is about one question of a hundred, and few are asked. */
const PACED_LONGER = 3;

/** All contenders in turn, in short slices, so that what else the machine does meets all of them. */
export async function measureSpeed(load: LoadProcess, options: SpeedOptions): Promise<Speed> {
  const url = await seededDatabase(options.serverUrl, 'speed', options.knownUnits);
  const newUnits = { first: NEW_UNITS_FROM, count: NEW_UNITS_AT_MOST, at: 0 };
  const rounds: Round[] = [];
  for (let generation = 1; generation <= GENERATIONS; generation += 1) {
    const contenders = await startContenders(url, newUnits, options);
    try {
      const paces = await warmUp(load, contenders, options);
      while (rounds.length < Math.round((options.rounds * generation) / GENERATIONS)) {
        const round = await runRound(load, contenders, options.slice, paces, rounds.length);
        rounds.push({ ...round, generation });
      }
    } finally {
      for (const name of ORDER) await contenders[name].process.stop();
    }
  }
  return { lines: linesOf(rounds), limits: limitsOf(rounds) };
}

async function startContenders(
  url: string,
  newUnits: Units,
  { postgres, folder, knownUnits }: SpeedOptions,
): Promise<Record<Name, Contender>> {
  // One each: what first questions leave to be collected is not to fall into the time of known ones.
  const ours = { ...(await startOurApi(url, folder)), postgres, sideOf: expectedSide };
  const another = { ...(await startOurApi(url, folder)), postgres, sideOf: expectedSide };
  const known = { first: 0, count: knownUnits, at: 0 };
  const answer = await sampleAnswer(ours.port, ours.token);
  const flagd = new FlagdCore();
  flagd.setConfigurations(FLAGD_FLAGS);
  const sideByFlagd = (index: number): Side =>
    flagd.resolveStringEvaluation(FLAG, 'none', contextOf(index)).value as Side;
  const sideInAnswer = (JSON.parse(answer) as { value: Side }).value;
  return {
    bare: {
      ...(await startServer('bare-server.ts', answer)),
      name: NAMES.bare,
      units: { ...known },
      sideOf: () => sideInAnswer,
    },
    flagd: { ...(await startServer('flagd-server.ts')), name: NAMES.flagd, units: { ...known }, sideOf: sideByFlagd },
    twin: { ...(await startServer('flagd-server.ts')), name: NAMES.twin, units: { ...known }, sideOf: sideByFlagd },
    known: { ...ours, name: NAMES.known, units: known },
    first: { ...another, name: NAMES.first, units: newUnits },
  };
}

/** Ours, as the bare server gives it too: so that both send the same bytes. */
async function sampleAnswer(port: number, token: string): Promise<string> {
  const question = {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${token}` },
    body: JSON.stringify({ context: contextOf(0) }),
  };
  const response = await askAgain(() => fetch(`http://127.0.0.1:${port}/ofrep/v1/evaluate/flags/${FLAG}`, question));
  const text = await response.text();
  if (response.status !== 200) throw new Error(`The API answered ${response.status}: ${text}`);
  return text;
}

async function startServer(script: string, ...args: string[]): Promise<Pick<Contender, 'process' | 'port' | 'token'>> {
  const port = await freePort();
  const server = MeasuredProcess.start({
    name: script,
    script: join(__dirname, script),
    args: [String(port), ...args],
    typescript: true,
  });
  await server.listensAt(port);
  return { process: server, port, token: 'not-looked-at' };
}

/** Questions a second at a pace that leaves every server room. */
interface Paces {
  /** Of each of those that are asked at the same time; together half of what the slowest of them can do alone. */
  known: number;
  first: number;
}

/** Lets every server be compiled and every known unit be remembered. */
async function warmUp(
  load: LoadProcess,
  contenders: Record<Name, Contender>,
  { slice, knownUnits }: SpeedOptions,
): Promise<Paces> {
  await askContender(load, contenders.known, {
    pace: { kind: 'closed' },
    until: { kind: 'asked', count: knownUnits },
  });
  const half: Partial<Record<Name, number>> = {};
  for (const name of ORDER) {
    const { perSecond } = await askContender(load, contenders[name], closedFor(2 * slice));
    half[name] = perSecond / 2;
  }
  const { first = 0, ...others } = half;
  const known = Math.min(...Object.values(others));
  const hundreds = (pace: number): number => Math.max(100, Math.floor(pace / 100) * 100);
  return { known: hundreds(known / AT_ONCE.length), first: hundreds(Math.min(known, first)) };
}

async function runRound(
  load: LoadProcess,
  contenders: Record<Name, Contender>,
  slice: number,
  paces: Paces,
  round: number,
): Promise<Omit<Round, 'generation'>> {
  const closed: Partial<Record<Name, Slice>> = {};
  for (let turn = 0; turn < ORDER.length; turn += 1) {
    const name = ORDER[(round + turn) % ORDER.length] ?? 'bare';
    closed[name] = await askContender(load, contenders[name], closedFor(slice));
  }
  const until = { kind: 'time', ms: PACED_LONGER * slice } as const;
  const paced: Partial<Record<Name, LoadResult>> = {};
  const names = AT_ONCE.map((_, turn) => AT_ONCE[(round + turn) % AT_ONCE.length] ?? 'bare');
  const pace = { kind: 'rate', perSecond: paces.known } as const;
  const together = await askTogether(
    load,
    names.map((name) => contenders[name]),
    { pace, until },
  );
  for (const [at, name] of names.entries()) paced[name] = together[at];
  paced.first = await askContender(load, contenders.first, {
    pace: { ...pace, perSecond: paces.first },
    until: { kind: 'time', ms: slice },
  });
  const of = Object.fromEntries(ORDER.map((name) => [name, { closed: closed[name], paced: paced[name] }]));
  return { of: of as Round['of'], paces };
}

function closedFor(ms: number): Parameters<typeof askContender>[2] {
  return { pace: { kind: 'closed' }, until: { kind: 'time', ms } };
}

function linesOf(rounds: readonly Round[]): string[] {
  const column = (name: Name, figure: (slices: Round['of'][Name]) => number): Spread =>
    spreadOf(rounds.map(({ of }) => figure(of[name])));
  const cell = ({ median, low, high }: Spread, digits = 0): string =>
    `${median.toFixed(digits)} (${low.toFixed(digits)}-${high.toFixed(digits)})`;
  const titles = [
    '',
    'requests/s',
    'CPU µs',
    'Postgres µs',
    'p50 ms',
    'p99 ms',
    'paced/s',
    'p50 ms',
    'p99 ms',
    'generator busy',
  ];
  const table = ORDER.map((name) => [
    NAMES[name],
    cell(column(name, ({ closed }) => closed.perSecond)),
    cell(
      column(name, ({ closed }) => closed.cpu),
      1,
    ),
    cell(
      column(name, ({ closed }) => closed.postgresCpu),
      1,
    ),
    cell(
      column(name, ({ closed }) => closed.p50 / 1_000),
      2,
    ),
    cell(
      column(name, ({ closed }) => closed.p99 / 1_000),
      2,
    ),
    cell(spreadOf(rounds.map(({ paces }) => (name === 'first' ? paces.first : paces.known)))),
    cell(
      column(name, ({ paced }) => paced.p50 / 1_000),
      2,
    ),
    cell(
      column(name, ({ paced }) => paced.p99 / 1_000),
      2,
    ),
    `${column(name, ({ closed }) => closed.ownCpu / closed.seconds / 10_000).median.toFixed(0)}%`,
  ]);
  return tableLines([titles, ...table]);
}

function tableLines(table: readonly (readonly string[])[]): string[] {
  const widths = table[0]?.map((_title, column) => Math.max(...table.map((row) => row[column]?.length ?? 0))) ?? [];
  return table.map((row) =>
    row
      .map((text, column) => (column === 0 ? text.padEnd(widths[column] ?? 0) : text.padStart(widths[column] ?? 0)))
      .join('  '),
  );
}

/** Each round gives a ratio of slices that ran next to each other; the middle of those counts. */
function limitsOf(rounds: readonly Round[]): Limit[] {
  const ratio = (figure: (of: Round['of']) => number): Spread => spreadOf(rounds.map(({ of }) => figure(of)));
  const speed = (one: Name, other: Name): Spread =>
    ratio((of) => of[one].closed.perSecond / of[other].closed.perSecond);
  const thrift = (one: Name, other: Name): Spread => ratio((of) => of[other].closed.cpu / of[one].closed.cpu);
  return [
    { what: 'known / flagd-core, requests a second', measured: speed('known', 'flagd'), atLeast: 0.9 },
    { what: 'known / flagd-core, requests a CPU second', measured: thrift('known', 'flagd'), atLeast: 0.9 },
    { what: 'known / bare, requests a second', measured: speed('known', 'bare'), atLeast: 0.75 },
    { what: 'known / bare, requests a CPU second', measured: thrift('known', 'bare'), atLeast: 0.75 },
    {
      what: 'known / flagd-core, p99 at the same pace',
      measured: ratio(({ known, flagd, twin }) => known.paced.p99 / Math.sqrt(flagd.paced.p99 * twin.paced.p99)),
      atMost: likeness(rounds),
    },
    { what: 'first / bare, requests a second', measured: speed('first', 'bare'), atLeast: 0.4 },
    { what: 'first / bare, requests a CPU second', measured: thrift('first', 'bare'), atLeast: 0.4 },
  ];
}

/** How far p99 of two processes of the very same program, asked the same at the same time, was apart: in the generation where it was most. At least 1. */
function likeness(rounds: readonly Round[]): number {
  const apart = [...new Set(rounds.map(({ generation }) => generation))].map((which) => {
    const some = rounds.filter(({ generation }) => generation === which);
    const { median } = spreadOf(some.map(({ of: { flagd, twin } }) => twin.paced.p99 / flagd.paced.p99));
    return Math.max(median, 1 / median);
  });
  return Math.max(...apart);
}
