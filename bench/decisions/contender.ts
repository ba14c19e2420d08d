import type { Side } from '../../domain/sides/side';
import { REFUSED, type Load, type LoadResult, type Units } from '../load/load';
import type { LoadProcess } from '../load/load-process';
import type { MeasuredProcess } from '../load/measured-process';
import { processTreeCpu } from '../load/process-tree-cpu';
import { FLAG } from './benchmark-plan';

/** The Postgres that all of ours share, and a folder for what is only for now. */
export interface BenchServer {
  serverUrl: string;
  /** The postmaster's process. */
  postgres: number;
  folder: string;
}

/** A server under test, and what it is asked. */
export interface Contender {
  name: string;
  process: MeasuredProcess;
  port: number;
  token: string;
  /** The postmaster behind it; absent where it has none. */
  postgres?: number;
  units: Units;
  /** What it must answer. */
  sideOf: (index: number) => Side;
  /** Of all slices so far; absent before the first. */
  soFar?: { answers: number; again: number };
}

/** One short stretch of questions to one contender. */
export interface Slice extends LoadResult {
  perSecond: number;
  /** Microseconds of the server process's CPU a request. */
  cpu: number;
  /** The same of Postgres. */
  postgresCpu: number;
}

export const CONNECTIONS = 64;

/**
 * Of so many answers of all slices together one may say that it could not be decided at this moment: where a machine is starved, a wait of Postgres' may be
 * over too soon. Where there were few so far, one on each connection may: a moment of that kind meets all of them.
 */
const ASKS_AGAIN_AT_MOST = 1 / 1_000;

/** Puts questions to a contender, which goes on with the next units after them. @throws Error where any answer is not right */
export async function askContender(
  load: LoadProcess,
  contender: Contender,
  how: Pick<Load, 'pace' | 'until'>,
): Promise<Slice> {
  const { process: server, postgres } = contender;
  const before = await server.usage();
  const postgresBefore = postgres === undefined ? 0 : processTreeCpu(postgres);
  const result = await load.run(loadOf(contender, how));
  const postgresAfter = postgres === undefined ? 0 : processTreeCpu(postgres);
  const after = await server.usage();
  take(contender, result);
  const { answers, seconds } = result;
  return {
    ...result,
    perSecond: answers / seconds,
    cpu: (after.cpu - before.cpu) / answers,
    postgresCpu: (postgresAfter - postgresBefore) / answers,
  };
}

/** Puts questions to several contenders at the same time, each at that pace. @throws Error where any answer is not right */
export async function askTogether(
  load: LoadProcess,
  contenders: readonly Contender[],
  how: Pick<Load, 'pace' | 'until'>,
): Promise<LoadResult[]> {
  const results = await load.runTogether(contenders.map((contender) => loadOf(contender, how)));
  for (const [at, contender] of contenders.entries()) {
    const result = results[at];
    if (result === undefined) throw new Error(`${contender.name}: the load generator gave no result.`);
    take(contender, result);
  }
  return results;
}

function loadOf({ port, token, units }: Contender, how: Pick<Load, 'pace' | 'until'>): Load {
  return { port, token, flag: FLAG, connections: CONNECTIONS, units, ...how };
}

function take(contender: Contender, result: LoadResult): void {
  contender.units.at = (contender.units.at + result.answers) % contender.units.count;
  requireRight(contender, result);
}

function requireRight(contender: Contender, { wrong, sample, answers }: LoadResult): void {
  const { name, sideOf, soFar = { answers: 0, again: 0 } } = contender;
  const { [REFUSED]: again = 0, ...others } = wrong;
  contender.soFar = { answers: soFar.answers + answers, again: soFar.again + again };
  const tooMany = contender.soFar.again > Math.max(CONNECTIONS, contender.soFar.answers * ASKS_AGAIN_AT_MOST);
  const bad = tooMany ? wrong : others;
  const kinds = Object.entries(bad).map(([what, count]) => `${count} times ${what}`);
  if (kinds.length > 0) throw new Error(`${name}: of ${answers} answers ${kinds.join(', ')}.`);
  const other = sample.filter(({ index, side }) => sideOf(index) !== side).length;
  if (other > 0) throw new Error(`${name}: of ${sample.length} sides looked at, ${other} are not as they must be.`);
}
