import type { Actor } from '../phase/actor';
import type { Role, Severity } from '../plan/journey';
import type { OverrideRefusal } from './gate-override-failures';
import type { Verdict } from './verdict';

/** What somebody says that they saw: the verdict, or the hash of all of it. One of the two at least. */
export interface Seen {
  verdict?: Verdict | undefined;
  evidence?: string | undefined;
}

/** A gate of a cohort as it stands. */
export interface OverrideSituation {
  severity: Severity;
  /** Who may let the phase go on, as its plan says. */
  goOn: { roles: readonly Role[]; fourEyes: boolean };
  /** Who started the migration. */
  startedBy: string;
  /** Whether nothing changes the cohort any more. */
  isOver: boolean;
  /** Of the split; 0: there is none. */
  epoch: number;
  /** What was found at that epoch; undefined: nobody has looked since it began. */
  now: { verdict: Verdict; evidence: string } | undefined;
}

/** An override that was asked for. */
export interface AskedOverride {
  epoch: number;
  verdict: Verdict;
  askedBy: string;
  askedAs: readonly Role[];
  confirmedBy: string | null;
  withdrawnBy: string | null;
}

const MACHINES: readonly Role[] = ['automation', 'stack'];

/** Why this person cannot ask that the gate be overridden, as it stands; undefined where they can. */
export function checkAsking(actor: Actor, seen: Seen, situation: OverrideSituation): OverrideRefusal | undefined {
  if (situation.isOver) return TOO_LATE;
  const { now } = situation;
  if (now === undefined) return NOT_JUDGED;
  return checkPerson(actor, now.verdict, situation) ?? checkSeen(seen, now) ?? checkVerdict(now.verdict);
}

/** Why this person cannot confirm it, as the gate stands; undefined where they can. */
export function checkConfirming(
  actor: Actor,
  seen: Seen,
  asked: AskedOverride,
  situation: OverrideSituation,
): OverrideRefusal | undefined {
  if (asked.withdrawnBy !== null) return over('It was withdrawn.');
  if (asked.confirmedBy !== null) {
    return { code: 'override-confirmed', message: 'Two people agreed to this override already; nothing was changed.' };
  }
  if (situation.isOver) return TOO_LATE;
  if (situation.epoch !== asked.epoch) return over('The split changed since it was asked for.');
  const { now } = situation;
  if (now === undefined) return NOT_JUDGED;
  return (
    checkPerson(actor, asked.verdict, situation) ??
    checkSecond(actor, asked, situation) ??
    checkChanged(asked.verdict, now.verdict) ??
    checkSeen(seen, now)
  );
}

function checkPerson(
  actor: Actor,
  verdict: Verdict,
  situation: Pick<OverrideSituation, 'severity' | 'goOn'>,
): OverrideRefusal | undefined {
  const { goOn } = situation;
  if (actor.roles.some((role) => MACHINES.includes(role))) {
    return { code: 'not-a-person', message: 'People override gates; automation and stacks do not. Ask somebody.' };
  }
  if (goOn.fourEyes && !actor.verified) {
    return {
      code: 'unverified-actor',
      message: 'This takes four eyes, and an unverified actor never counts towards them. Use the API or the CLI.',
    };
  }
  const lead = takesClinicalLead(verdict, situation) && isClinicalLead(actor.roles);
  if (lead || mayLetGoOn(actor.roles, situation)) return undefined;
  return {
    code: 'role-missing',
    message: `This takes one of the roles that let this phase go on: ${goOn.roles.join(', ')}. Ask somebody who has it.`,
  };
}

/** Two people, one of whom at least may let the phase go on; and a clinical lead among them where patients' safety is at stake. */
function checkSecond(actor: Actor, asked: AskedOverride, situation: OverrideSituation): OverrideRefusal | undefined {
  if (actor.id === asked.askedBy) {
    return {
      code: 'confirmed-by-asker',
      message:
        'Who asks for an override cannot confirm it. Let somebody else look, of the roles that let this phase go on.',
    };
  }
  if (situation.goOn.fourEyes && actor.id === situation.startedBy) {
    return {
      code: 'approved-by-starter',
      message:
        'Whoever started the migration cannot confirm this here (four eyes). Ask another person of the same roles.',
    };
  }
  if (takesClinicalLead(asked.verdict, situation) && ![actor.roles, asked.askedAs].some(isClinicalLead)) {
    return {
      code: 'clinical-lead-needed',
      message:
        'The limit of a safety gate is crossed: one of the two must be a clinical lead. Ask a clinical lead to confirm it.',
    };
  }
  if (![actor.roles, asked.askedAs].some((roles) => mayLetGoOn(roles, situation))) {
    return {
      code: 'role-missing',
      message: `One of the two must have a role that lets this phase go on: ${situation.goOn.roles.join(', ')}.`,
    };
  }
  return undefined;
}

function checkChanged(asked: Verdict, now: Verdict): OverrideRefusal | undefined {
  if (asked === now) return undefined;
  if (now === 'pass') return checkVerdict(now);
  return {
    code: 'verdict-changed',
    message:
      now === 'limitCrossed'
        ? "The gate's limit has been crossed since this was asked for, and nobody asked to override that. Look at it with 'handoff gate show'; who still wants it withdraws this one and asks anew."
        : "The gate's verdict is another one than this was asked for. Look at it with 'handoff gate show'; who still wants it withdraws this one and asks anew.",
  };
}

function checkSeen(seen: Seen, now: { verdict: Verdict; evidence: string }): OverrideRefusal | undefined {
  const same =
    (seen.verdict === undefined || seen.verdict === now.verdict) &&
    (seen.evidence === undefined || seen.evidence === now.evidence);
  if (same) return undefined;
  return {
    code: 'stale-evidence',
    message: "The gate stands otherwise than you saw it. Look at it again with 'handoff gate show', then decide.",
  };
}

function checkVerdict(verdict: Verdict): OverrideRefusal | undefined {
  if (verdict !== 'pass') return undefined;
  return {
    code: 'nothing-to-override',
    message: 'The gate passes: it holds nothing, and there is nothing to override.',
  };
}

function takesClinicalLead(verdict: Verdict, { severity }: Pick<OverrideSituation, 'severity'>): boolean {
  return severity === 'safety' && verdict === 'limitCrossed';
}

function isClinicalLead(roles: readonly Role[]): boolean {
  return roles.includes('clinical-lead');
}

function mayLetGoOn(roles: readonly Role[], { goOn }: Pick<OverrideSituation, 'goOn'>): boolean {
  return roles.some((role) => goOn.roles.includes(role));
}

function over(why: string): OverrideRefusal {
  return {
    code: 'override-over',
    message: `${why} It overrides nothing any more; look at the gate with 'handoff gate show', and ask anew if you still want it.`,
  };
}

const TOO_LATE: OverrideRefusal = {
  code: 'too-late',
  message: 'This cohort is committed, or its migration has ended: no gate holds it any more.',
};

const NOT_JUDGED: OverrideRefusal = {
  code: 'gate-not-judged',
  message:
    "Nobody has looked at this gate since the split last changed, so there is nothing to override. See 'handoff status'.",
};
