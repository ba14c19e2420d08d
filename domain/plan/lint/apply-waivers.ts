import { didYouMean } from '../closest-name';
import type { Draft } from '../draft';
import type { Finding, Placed } from '../plan-problem';
import type { Plan } from '../plan-schema';
import { isLintCode, LINT_CODES, lintEntry } from './lint-catalogue';

type Waiver = NonNullable<Plan['waivers']>[number];

export interface WaivedFinding {
  finding: Placed<Finding>;
  waiver: Waiver;
}

export interface Waived {
  /** What still counts. */
  counts: Placed<Finding>[];
  /** What the plan waives: it stops nothing, and is listed. */
  waived: WaivedFinding[];
  /** What is wrong with the waivers themselves. */
  findings: Finding[];
}

/**
 * Takes out of a plan's findings what it waives, at the moment that it is judged at. A waiver that has expired waives nothing, whether or
 * not what it was for is mended.
 */
export function applyWaivers(
  found: readonly Placed<Finding>[],
  waivers: Draft<Plan>['waivers'],
  judgedAt: number,
): Waived {
  const inForce: { waiver: Waiver; index: number }[] = [];
  const findings: Finding[] = [];
  for (const [index, draft] of (waivers ?? []).entries()) {
    const waiver = whole(draft);
    if (waiver === undefined) continue;
    const against = speaksAgainst(waiver, index, judgedAt);
    if (against === undefined) inForce.push({ waiver, index });
    else findings.push(against);
  }
  const waived: WaivedFinding[] = [];
  const counts: Placed<Finding>[] = [];
  const used = new Set<number>();
  for (const finding of found) {
    const match = inForce.find(({ waiver }) => waiver.code === finding.code && waiver.at === finding.path);
    if (match === undefined) counts.push(finding);
    else {
      used.add(match.index);
      waived.push({ finding, waiver: match.waiver });
    }
  }
  for (const { index } of inForce) {
    if (used.has(index)) continue;
    findings.push({
      code: 'WH904',
      path: ['waivers', index, 'at'],
      message: 'Lint finds nothing of this code there. Write the path as lint prints it, or remove the waiver.',
    });
  }
  return { counts, waived, findings };
}

/** Those of a plan, as it is stored, that waive nothing any more. */
export function expiredWaivers(waivers: readonly Waiver[], judgedAt: number): Waiver[] {
  return waivers.filter(({ expires }) => isExpired(expires, judgedAt));
}

function isExpired(expires: string, judgedAt: number): boolean {
  return judgedAt >= Date.parse(`${expires}T00:00:00Z`);
}

/** A waiver that could be read; of the others the schema has spoken. */
function whole(draft: Draft<Waiver> | undefined): Waiver | undefined {
  const { code, at, reason, approvedBy, expires } = draft ?? {};
  return code === undefined ||
    at === undefined ||
    reason === undefined ||
    approvedBy === undefined ||
    expires === undefined
    ? undefined
    : { code, at, reason, approvedBy, expires };
}

function speaksAgainst({ code, expires }: Waiver, index: number, judgedAt: number): Finding | undefined {
  const path = ['waivers', index];
  if (!isLintCode(code)) {
    const meant = didYouMean(code, LINT_CODES);
    return {
      code: 'WH901',
      path: [...path, 'code'],
      message: `Lint has no such code.${meant || ' Write the one that it prints with the finding.'}`,
    };
  }
  const { waivable, title } = lintEntry(code);
  if (waivable !== true) {
    return {
      code: 'WH902',
      path: [...path, 'code'],
      message: `'${title}' cannot be waived. Mend what is found, and remove the waiver.`,
    };
  }
  if (!isExpired(expires, judgedAt)) return undefined;
  return {
    code: 'WH903',
    path: [...path, 'expires'],
    message: `This waiver ended with ${expires}. Mend what it was for and remove it, or have it approved again with a later date.`,
  };
}
