import type { StageStay } from '../../domain/status/patient-standing';
import type { PatientTimeline, TimelineEntry } from '../../domain/status/patient-timeline';
import { standingScreen } from './patient-screen';
import { table } from './table';

/** A page of a patient's timeline. @param whole with where they stand, and the stages they went through */
export function timelineScreen({ standing, entries, next }: PatientTimeline, whole: boolean): string {
  const stays = standing.episodes.flatMap(({ episode, stages }) => stages.map((stay) => stayRow(episode, stay)));
  return [
    ...(whole ? [standingScreen(standing)] : []),
    ...(whole && stays.length > 0 ? [table(['EPISODE', 'STAGE', 'FROM', 'UNTIL', 'TIME', 'OWNER'], stays)] : []),
    entries.length === 0
      ? 'Nothing is known of what happened.'
      : table(
          ['WHEN', 'WHAT', 'WHERE', 'WITH'],
          entries.map((entry) => [entry.at, ...words(entry)]),
        ),
    ...(next === null ? [] : [`Before that: --after ${next}`]),
  ].join('\n\n');
}

function stayRow(episode: string, { stage, from, until, time, owner }: StageStay): string[] {
  return [episode, stage, from, until ?? 'now', durationWords(time), owner ?? ''];
}

function words(entry: TimelineEntry): [string, string, string] {
  switch (entry.kind) {
    case 'event': {
      const { type, system, stack, stage, owner } = entry;
      return [
        type,
        [stage ?? '', system === null ? '' : `${system} (${stack ?? ''})`].filter(Boolean).join(', '),
        owner ?? '',
      ];
    }
    case 'side':
      return [`${entry.change} on ${entry.side}`, entry.phase, entry.unit];
    case 'handoff': {
      const due = entry.change === 'started' ? `due ${entry.dueAt}` : '';
      return [`${entry.handoff} ${entry.change}`, `${entry.from ?? 'unplaced'}→${entry.to}`, due];
    }
    case 'case':
      return [`case ${entry.case} ${entry.change}`, entry.queue, entry.by ?? entry.owner];
    case 'id':
      return [`${entry.idKind} is theirs (${entry.because})`, entry.vendor, entry.page ?? ''];
  }
}

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
] as const;

/** The two largest units: `3d 4h`. */
function durationWords(time: number): string {
  const parts: string[] = [];
  let rest = time;
  for (const [unit, length] of UNITS) {
    const count = Math.floor(rest / length);
    rest -= count * length;
    if (count > 0) parts.push(`${count}${unit}`);
  }
  return parts.slice(0, 2).join(' ') || '0s';
}
