import type { ExceptionEntry } from '../../../domain/status/exception-page';
import { formatDuration } from '../../../domain/time/duration';
import type { Agenda } from '../agenda/agenda';
import { CliFailure } from '../../cli-failure';
import { personWith } from '../people';
import type { Rehearsal } from '../rehearsal';

/** One case that people worked on. */
export interface WorkedCase {
  id: string;
  queue: string;
  by: string;
}

export interface CaseWork {
  resolved: WorkedCase[];
  /** Queues whose first case was tried without evidence, and whether that was refused. */
  withoutEvidence: { queue: string; refused: boolean }[];
}

/**
 * People take a few cases of each queue that has any and resolve them, with a reference for each step of the queue's path: as many as
 * the script says. The rest stay open, as they would.
 */
export async function workOnCases(rehearsal: Rehearsal, agenda: Agenda): Promise<CaseWork> {
  const { cases, plan } = rehearsal.setup;
  const work: CaseWork = { resolved: [], withoutEvidence: [] };
  if (cases.resolve === 0) return work;
  const open = (await rehearsal.exceptions()).filter(({ state }) => state === 'open');
  for (const { id: queue, owner, sla } of plan.queues) {
    const here = open.filter((entry) => entry.queue === queue);
    if (here.length === 0) continue;
    const by = personWith([cases.by[queue] ?? 'release-manager']);
    const [first] = here;
    if (first !== undefined) work.withoutEvidence.push({ queue, refused: await isRefused(rehearsal, by, first) });
    for (const entry of here.slice(0, cases.resolve)) {
      await rehearsal.as(by).post(`${casePath(rehearsal, entry)}/assign`, { to: by });
      await rehearsal
        .as(by)
        .post(`${casePath(rehearsal, entry)}/resolve`, { evidence: evidenceOf(entry, plan.queues) });
      work.resolved.push({ id: entry.id, queue, by });
    }
    const many = here.length === 1 ? 'one case' : `${here.length} cases`;
    agenda.note(`resolve ${many} in ${queue}, each within ${formatDuration(sla)} (${owner})`);
    rehearsal.timeline.note(
      `${by} took and resolved ${Math.min(cases.resolve, here.length)} of ${many} in ${queue}, with evidence for each step`,
    );
  }
  return work;
}

/** A case without evidence stays open: people must not be able to wave it away. */
async function isRefused(rehearsal: Rehearsal, by: string, entry: ExceptionEntry): Promise<boolean> {
  try {
    await rehearsal.as(by).post(`${casePath(rehearsal, entry)}/resolve`, { evidence: [] });
    return false;
  } catch (error) {
    if (error instanceof CliFailure) return true;
    throw error;
  }
}

function evidenceOf(
  { id, queue }: ExceptionEntry,
  queues: readonly { id: string; path: readonly string[] }[],
): { step: number; reference: string }[] {
  const path = queues.find((each) => each.id === queue)?.path ?? [];
  return path.map((_, index) => ({ step: index + 1, reference: `rehearsal/${id}/${index + 1}` }));
}

function casePath({ setup }: Rehearsal, { id }: ExceptionEntry): string {
  return `/v1/migrations/${encodeURIComponent(setup.migration)}/exceptions/${encodeURIComponent(id)}`;
}
