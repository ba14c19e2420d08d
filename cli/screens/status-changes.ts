import { overrideWords } from '../../domain/gates/gate-override';
import type { CohortStanding, GateStanding, MigrationStatus, QueueTally } from '../../domain/status/migration-status';
import { arrivalsLine } from './arrivals-line';
import { messageWords, requestWho } from './cohort-lines';
import { percent, REQUEST_WORDS, statusWords } from './status-words';

/** What differs between two looks, a line each; after the first look, where everything stands. */
export function changesBetween(before: MigrationStatus | undefined, now: MigrationStatus): string[] {
  const lines: string[] = [];
  if (before === undefined) lines.push(`${now.migration} is ${now.state}`);
  const kept = [before, now].map((status) => status && arrivalsLine(status));
  if (kept[0] !== kept[1]) lines.push(kept[1] ?? 'arrivals go where the splits say');
  for (const phase of now.phases) {
    const earlier = before?.phases.find(({ phase: name }) => name === phase.phase);
    for (const cohort of phase.cohorts) {
      const was = earlier?.cohorts.find(({ cohort: name }) => name === cohort.cohort);
      lines.push(...cohortChanges(was, cohort).map((change) => `${phase.phase}/${cohort.cohort} ${change}`));
    }
  }
  for (const queue of now.queues) {
    lines.push(
      ...queueChanges(
        before?.queues.find(({ queue: name }) => name === queue.queue),
        queue,
      ),
    );
  }
  if (before !== undefined && before.state !== now.state) lines.push(`${now.migration} is ${now.state}`);
  return lines;
}

function cohortChanges(was: CohortStanding | undefined, now: CohortStanding): string[] {
  const lines: string[] = [];
  if (stands(was) !== stands(now)) lines.push(stands(now));
  const request = now.run?.request;
  if (request !== undefined && request.evidenceHash !== was?.run?.request?.evidenceHash) {
    lines.push(`waits for ${REQUEST_WORDS[request.kind]}: ${requestWho(request)}`);
  } else if (request !== undefined && request.given.length !== was?.run?.request?.given.length) {
    lines.push(`waits for ${REQUEST_WORDS[request.kind]}: ${requestWho(request)}`);
  }
  for (const gate of now.gates) lines.push(...gateChange(was, gate));
  return lines;
}

function stands({ run, split }: Pick<CohortStanding, 'run' | 'split'> = { run: null, split: null }): string {
  if (run === null) return 'not begun';
  const because = run.because === undefined ? '' : `: ${run.because.message}`;
  const share = split === null ? '' : `, ${percent(split.share)}, epoch ${split.epoch}`;
  return `${statusWords(run.status)}${split?.lapsed === true ? ', unattended' : ''}${share}${because}`;
}

function gateChange(was: CohortStanding | undefined, gate: GateStanding): string[] {
  const earlier = was?.gates.find(({ gate: name }) => name === gate.gate);
  const same = earlier?.verdict === gate.verdict && earlier.epoch === gate.epoch;
  return same && overrideOf(earlier) === overrideOf(gate)
    ? []
    : [`gate ${gate.gate}: ${gate.verdict}, ${messageWords(gate)}`];
}

function overrideOf({ override }: GateStanding): string | undefined {
  return override && overrideWords(override);
}

function queueChanges(was: QueueTally | undefined, now: QueueTally): string[] {
  const counts = ({ open, overdue, resolved }: QueueTally): string =>
    `${open} open, ${overdue} overdue, ${resolved} resolved`;
  const earlier = was === undefined ? '0 open, 0 overdue, 0 resolved' : counts(was);
  return earlier === counts(now) ? [] : [`queue ${now.queue}: ${counts(now)}`];
}
