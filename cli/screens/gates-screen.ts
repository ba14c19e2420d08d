import type { Signature, SignedAs } from '../../domain/gates/signatures';
import type { FoundVerdict, GateOfCohort, GatesOfPhase, PastCrossing } from '../../domain/status/gates-of-phase';
import type { GateOverride } from '../../domain/status/gate-override';
import { unreachable } from '../../domain/unreachable';
import { VERDICT_WORDS } from './cohort-lines';
import { stateWords } from './gate-overrides-screen';
import { actionText } from './preview-screen';

/** Each gate of a phase with its cohorts: what it says, by what was agreed and by whom, and what it did. */
export function gatesScreen({ gates }: GatesOfPhase): string {
  if (gates.length === 0) return 'The plan moves nobody in this phase, so no gate of it is looked at.';
  return gates.map(gateBlock).join('\n\n');
}

function gateBlock({ gate, cohort, severity, agreed, signed, found, overrides, past }: GateOfCohort): string {
  const then =
    agreed.then === null
      ? 'pause, since no rule says more'
      : `${agreed.then.action} (rule ${agreed.then.rule}, agreed by ${agreed.then.agreedBy.join(', ')})`;
  return [
    `GATE ${gate}  ${cohort}, ${severity}`,
    ...foundLines(found),
    `  agreed: ${agreed.rule}`,
    `  when it is crossed: ${then}`,
    `  signed by ${signed.length === 0 ? 'nobody yet' : signed.map(signatureWords).join('; ')}`,
    ...overrides.map((override) => `  ${overrideLine(override)}`),
    ...past.flatMap(pastLines),
  ].join('\n');
}

function foundLines(found: FoundVerdict | null): string[] {
  if (found === null) return ['  not looked at yet'];
  const { verdict, sentence, epoch, isCurrent, since, evaluatedAt, newestAt } = found;
  const newest = newestAt === null ? '' : `, newest outcome ${newestAt}`;
  return [
    `  ${VERDICT_WORDS[verdict]} since ${since}, last looked at ${evaluatedAt}${newest}${isCurrent ? '' : `; of epoch ${epoch}, and the split has changed since`}`,
    `  ${withoutSigners(sentence)}`,
  ];
}

/** Who signed, as what and when, has a line of its own. */
function withoutSigners(sentence: string): string {
  return sentence.replace(/; signed by [^;]+/, '');
}

const SIGNED_AS: Record<SignedAs, string> = {
  started: 'started the migration with it',
  proposedPlan: 'proposed this version of the plan',
  approvedPlan: 'approved this version of the plan',
  goNoGo: 'go/no-go',
};

function signatureWords({ by, verified, as, at }: Signature): string {
  return `${by}${verified ? '' : ', unverified'} (${SIGNED_AS[as]}, ${at})`;
}

function overrideLine(override: GateOverride): string {
  const { id, verdict, epoch, askedBy, askedAt, confirmedBy, confirmedAt, reason } = override;
  const second = confirmedBy === null ? '' : `, confirmed by ${confirmedBy} ${confirmedAt ?? ''}`;
  return `override ${id} of '${VERDICT_WORDS[verdict]}' at epoch ${epoch}, ${stateWords(override)}: asked by ${askedBy} ${askedAt}${second}: ${reason}`;
}

function pastLines({ at, message, inThisCohort, did, sentence, actions }: PastCrossing): string[] {
  const where = inThisCohort ? 'crossed' : "another cohort's was crossed";
  return [
    `  ${at} ${where}: ${sentence ?? message}`,
    `    ${didWords(did)}`,
    ...actions.map(({ action, done, moved }, index) => {
      const count = moved === null ? '' : `; ${moved} moved`;
      return `    ${index + 1}. ${actionText(action)}: ${done ? 'done' : 'not done yet'}${count}`;
    }),
  ];
}

function didWords(did: PastCrossing['did']): string {
  switch (did.kind) {
    case 'pause':
      return 'paused';
    case 'voidGo':
      return 'the go that was given is void; nobody had been moved';
    case 'nothing':
      return 'nothing: the cohort stood still already';
    case 'rollback': {
      const done = did.doneAt === null ? 'under way' : `done ${did.doneAt}`;
      const left = did.failures.length === 0 ? '' : `; left for people: ${did.failures.join(' ')}`;
      return `rolled back (${did.scope}), ${done}${left}`;
    }
    default:
      return unreachable(did);
  }
}
