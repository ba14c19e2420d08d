import { noData, sourceError, type OutcomeAnswer } from '../../domain/metrics/outcome-answer';
import { longestRun, type SyntheticSource } from '../../domain/synthetic/synthetic-run';
import type { OutcomeSource, OutcomeWindow } from './outcome-source';
import type { RunCounts } from './run-counts';

/** What became of the synthetic patients that workers sent through (worker/synthetic-patients.ts). */
export class SyntheticFigures implements OutcomeSource {
  constructor(
    private readonly runs: RunCounts,
    private readonly source: SyntheticSource,
    /** Whether the connection has an address of legacy. */
    private readonly hasLegacy: boolean,
  ) {}

  async count(window: OutcomeWindow): Promise<OutcomeAnswer> {
    const { source, hasLegacy, runs } = this;
    if (source.legacy !== undefined && !hasLegacy) {
      return sourceError('Its connection has no address of legacy. Add it in the file HANDOFF_SOURCES_FILE.');
    }
    let counted;
    try {
      counted = await runs.count(window);
    } catch {
      return sourceError('Postgres did not answer. Look at its log and its connections.');
    }
    const { target, legacy } = counted;
    if (target.latest === 'untried' || legacy.latest === 'untried') {
      return sourceError('A stack does not take the credentials of its connection (401), so nothing is tried there.');
    }
    const { newestAt } = target;
    if (newestAt === null) return noData('No synthetic patient has been through target yet.');
    const age = window.now.getTime() - newestAt.getTime();
    // Two may be left out; more is nobody who sends them.
    const expected = 2 * source.every + longestRun(source);
    if (age > expected) {
      return noData(
        `The last synthetic patient came through ${Math.round(age / 1_000)} s ago; there is one each ${Math.round(source.every / 1_000)} s. See whether the workers have the connection.`,
      );
    }
    const { kept, missed } = target;
    return {
      kind: 'outcomes',
      target: { kept, missed },
      legacy: { kept: legacy.kept, missed: legacy.missed },
      newestAt,
    };
  }
}
