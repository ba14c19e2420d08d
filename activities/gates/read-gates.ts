import { judgeTotals } from '../../domain/gates/taken-back';
import { sourceError } from '../../domain/metrics/outcome-answer';
import type { Database } from '../../store/database';
import type { GateReading } from './gate-reading';
import type { MetricSource } from './metric-source';
import { readLoads } from './read-loads';
import { readOwnHandoffs, type GateToRead } from './read-own-handoffs';
import { sinceLast } from './since-last';

/** What gates are told at one look, all of them in a few statements: in their order. Never throws for a source that is away. */
export type ReadGates = (gates: readonly GateToRead[]) => Promise<GateReading[]>;

/** The migration's own handoffs for gates without a source, the source for those with one. */
export function readGates(db: Database, sources: MetricSource): ReadGates {
  return async (gates) => {
    const loads = gates.filter(({ gate }) => gate.gate.rule.kind === 'capacity');
    const own = gates.filter(({ gate }) => gate.gate.source === undefined && gate.gate.rule.kind !== 'capacity');
    const [ofOwn, ofLoads, ofOthers] = await Promise.all([
      readOwnHandoffs(db, own),
      readLoads(db, loads),
      Promise.all(
        gates.map(async (one) => (one.gate.gate.source === undefined ? undefined : readSource(sources, one))),
      ),
    ]);
    const answers = new Map([
      ...own.map((one, index) => [one, ofOwn[index]] as const),
      ...loads.map((one, index) => [one, ofLoads[index]] as const),
    ]);
    return gates.map((one, index) => ofOthers[index] ?? answers.get(one) ?? sourceError('It was not read.'));
  };
}

/** By totals, as everything outside counts. */
export async function readSource(source: MetricSource, { gate, known }: GateToRead): Promise<GateReading> {
  const { step, attemptEpoch } = gate;
  const { migration, phase, cohort, epoch } = step.watch;
  const answer = await source.read({
    ...{ migration, phase, cohort, gate: gate.gate.id, handoff: gate.gate.handoff, epoch, attemptEpoch },
    ...(gate.gate.source !== undefined && { source: gate.gate.source }),
  });
  if (answer.kind !== 'reading') return answer;
  const { reading } = answer;
  const judged = judgeTotals(known.state, reading);
  if (judged.kind === 'takenBack') return judged;
  return {
    kind: 'outcomes',
    increments: sinceLast(known.state, reading),
    newestAt: reading.newestAt,
    started: true,
    more: false,
  };
}
