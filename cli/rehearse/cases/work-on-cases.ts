import type { ExceptionEntry } from '../../../domain/status/exception-page';
import { formatDuration, type Milliseconds } from '../../../domain/time/duration';
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
  const { cases: wanted, plan } = rehearsal.setup;
  const work: CaseWork = { resolved: [], withoutEvidence: [] };
  if (wanted.resolve === 0) return work;
  const open = (await rehearsal.exceptions()).filter(({ state }) => state === 'open');
  for (const { id: queue, owner, sla } of plan.queues) {
    const here = open.filter((entry) => entry.queue === queue);
    if (here.length === 0) continue;
    const by = personWith([wanted.by[queue] ?? 'release-manager']);
    const [first] = here;
    if (first !== undefined) work.withoutEvidence.push({ queue, refused: await isRefused(rehearsal, by, first) });
    for (const entry of here.slice(0, wanted.resolve)) {
      await rehearsal.as(by).post(`${casePath(rehearsal, entry)}/assign`, { to: by });
      await rehearsal
        .as(by)
        .post(`${casePath(rehearsal, entry)}/resolve`, { evidence: evidenceOf(entry, plan.queues) });
      work.resolved.push({ id: entry.id, queue, by });
    }
    for (const { at, count } of byDay(here, agenda)) {
      agenda.note(`resolve ${cases(count)} in ${queue}, each within ${formatDuration(sla)} (${owner})`, at);
    }
    rehearsal.timeline.note(
      `${by} took and resolved ${Math.min(wanted.resolve, here.length)} of ${cases(here.length)} in ${queue}, with evidence for each step`,
    );
  }
  return work;
}

function cases(count: number): string {
  return count === 1 ? 'one case' : `${count} cases`;
}

const DAY: Milliseconds = 86_400_000;

/** How many came in on each day of the plan, with the time of the day's first. */
export function byDay(
  entries: readonly Pick<ExceptionEntry, 'openedAt'>[],
  agenda: Pick<Agenda, 'planTime'>,
): { at: Milliseconds; count: number }[] {
  const times = entries.map(({ openedAt }) => agenda.planTime(Date.parse(openedAt) - performance.timeOrigin));
  const days = new Map<number, { at: Milliseconds; count: number }>();
  for (const at of times.sort((one, other) => one - other)) {
    const day = days.get(Math.floor(at / DAY)) ?? { at, count: 0 };
    days.set(Math.floor(at / DAY), { ...day, count: day.count + 1 });
  }
  return [...days.values()];
}

/** A case without evidence stays open: people must not be able to wave it away. Refused for that, not for anything else. */
export async function isRefused(
  rehearsal: Pick<Rehearsal, 'as' | 'setup'>,
  by: string,
  entry: ExceptionEntry,
): Promise<boolean> {
  try {
    await rehearsal.as(by).post(`${casePath(rehearsal, entry)}/resolve`, { evidence: [] });
    return false;
  } catch (error) {
    if (error instanceof CliFailure && error.code === 'evidence-missing') return true;
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

function casePath({ setup }: Pick<Rehearsal, 'setup'>, { id }: ExceptionEntry): string {
  return `/v1/migrations/${encodeURIComponent(setup.migration)}/exceptions/${encodeURIComponent(id)}`;
}
