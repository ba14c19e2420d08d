import type { AuditEntry } from '../../../domain/status/audit-page';
import type { Facts } from '../gather-facts';
import type { Check } from '../rehearsal-report';
import type { AbsenceScene } from '../script/script-schema';

/** The page came while nobody had said yes, and people decided after it. */
export function absenceChecks({ at, decision }: AbsenceScene, left: readonly string[], { audit }: Facts): Check[] {
  const told = left.map((cohort) => {
    const here = audit.filter((entry) => entry.phase === at.phase && entry.cohort === cohort);
    const asked = here.findIndex(
      ({ action, evidence }) => action === 'approval.asked' && kindOf(evidence) === decision,
    );
    const page = here.findIndex(
      ({ action, evidence }, index) =>
        index > asked && action === 'approval.escalated' && kindOf(evidence) === decision,
    );
    const yes = here.findIndex(({ action }, index) => index > asked && action === `${decision}.approval`);
    return { cohort, ok: asked >= 0 && page > asked && yes > page, after: between(here[asked], here[page]) };
  });
  return [
    {
      check: `nobody decided on ${at.phase} (${decision}) until somebody was paged, then people did`,
      ok: told.length > 0 && told.every(({ ok }) => ok),
      seen:
        told.length === 0
          ? 'nothing was asked'
          : told
              .map(({ cohort, ok, after }) => `${cohort} ${ok ? `paged after ${after} ms` : 'without a page'}`)
              .join(', '),
    },
  ];
}

function kindOf(evidence: unknown): unknown {
  return typeof evidence === 'object' && evidence !== null && 'kind' in evidence ? evidence.kind : undefined;
}

function between(from: AuditEntry | undefined, to: AuditEntry | undefined): number {
  return from === undefined || to === undefined ? 0 : Date.parse(to.at) - Date.parse(from.at);
}
