import type { GateJudgement } from './gate-state';
import { oneIn, reaches } from './sequential/evidence';
import { shareAlpha } from './sequential/shared-alpha';

/** What a phase allows itself where its plan does not say: that a cohort that is healthy is ever rolled back in one attempt, by all its tests together. */
export const FALSE_ROLLBACKS = 0.05;

interface Judged {
  gate: { id: string };
  judgement: GateJudgement;
}

/**
 * The tested gates of a phase share what it allows in false rollbacks: the mean of their evidence is evidence too, however they hang
 * together. Where it is enough while none of them is alone, the limit of the one that contributes most is crossed.
 */
export function judgeTogether<Of extends Judged>(judged: readonly Of[], falseRollbacks: number): Of[] {
  const tested = judged.flatMap(({ gate: { id }, judgement: { logEvidenceNow } }) =>
    logEvidenceNow === null ? [] : [{ id, logEvidence: logEvidenceNow }],
  );
  const crossed = judged.some(
    ({ judgement: { verdict, logEvidence } }) => verdict === 'limitCrossed' && logEvidence !== null,
  );
  if (tested.length < 2 || crossed) return [...judged];
  const { logEvidence, carriedBy } = shareAlpha(tested.map((part) => ({ ...part, weight: 1 / tested.length })));
  if (!reaches(logEvidence, falseRollbacks)) return [...judged];
  return judged.map((one) =>
    one.gate.id !== carriedBy
      ? one
      : {
          ...one,
          judgement: {
            ...one.judgement,
            verdict: 'limitCrossed',
            proven: false,
            message: `${one.judgement.message}; with the phase's other gates ${oneIn(logEvidence)} if healthy`,
          },
        },
  );
}
