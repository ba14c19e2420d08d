import type { GateJudgement } from './gate-state';
import { oneIn, reaches } from './sequential/evidence';
import { shareAlpha } from './sequential/shared-alpha';

interface Judged {
  gate: { id: string };
  judgement: GateJudgement;
}

/**
 * The tested gates of a phase share what it allows in false rollbacks: the mean of their evidence is evidence too, however they hang
 * together. Where it is enough while none of them is alone, the limit of the one that contributes most is crossed.
 * @param among how many tested gates the phase has. One that says nothing now (its source is away) adds nothing, and the others do not weigh more for it: by the mean of
 * whichever happen to speak, each set of them would have a chance of its own to be wrong
 */
export function judgeTogether<Of extends Judged>(judged: readonly Of[], falseRollbacks: number, among: number): Of[] {
  const tested = judged.flatMap(({ gate: { id }, judgement: { logEvidenceNow } }) =>
    logEvidenceNow === null ? [] : [{ id, logEvidence: logEvidenceNow }],
  );
  const crossed = judged.some(
    ({ judgement: { verdict, logEvidence } }) => verdict === 'limitCrossed' && logEvidence !== null,
  );
  if (tested.length < 2 || crossed) return [...judged];
  const speaking = shareAlpha(tested.map((part) => ({ ...part, weight: 1 / tested.length })));
  const { carriedBy } = speaking;
  const logEvidence = speaking.logEvidence + Math.log(tested.length / Math.max(among, tested.length));
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
