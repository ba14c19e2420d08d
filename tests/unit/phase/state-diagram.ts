import { checkCommand } from '../../../domain/phase/check-command';
import type { CohortEvent } from '../../../domain/phase/cohort-event';
import { newCohortRun, type CohortRun, type CohortStatus } from '../../../domain/phase/cohort-run';
import type { CommandName } from '../../../domain/phase/commands';
import type { PhaseRules } from '../../../domain/phase/phase-rules';
import { transition } from '../../../domain/phase/transition';
import { workFor } from '../../../domain/phase/work';
import { person } from './story';

const NOW = '2026-03-02T09:00:00.000Z';

export interface Arrow {
  from: CohortStatus;
  to: CohortStatus;
  label: string;
}

/** Statuses in which arrivals are being moved, or could be at any moment. */
const MOVING: readonly CohortStatus[] = ['shifting', 'watching', 'awaitingStep', 'soaking', 'awaitingCommit'];
const ONWARD: readonly CohortStatus[] = [
  'preflight',
  'notReady',
  'awaitingGoNoGo',
  'awaitingOpening',
  ...MOVING,
  'committing',
  'committed',
];

/**
 * Every change of status that can be reached, found by trying out, at each state, all that can happen there: what the work at hand can
 * come to, and each command that the validator lets in.
 */
export function reachableArrows(rules: PhaseRules): Arrow[] {
  const first = { ...newCohortRun('everyone-else', NOW), epoch: 1 };
  const seen = new Set<string>([identity(first)]);
  const arrows = new Map<string, Arrow>();
  for (const queue = [first]; queue.length > 0;) {
    const run = queue.shift();
    if (run === undefined) break;
    const opened = run.opening === undefined ? [] : OPENED;
    for (const [label, event] of [...opened, ...outcomes(run, rules), ...commands(run, rules)]) {
      const next = transition(run, event, rules, NOW).run;
      if (next.status !== run.status)
        arrows.set(`${run.status} ${next.status} ${label}`, { from: run.status, to: next.status, label });
      // A second attempt goes the ways of the first.
      if (next.attempt > 2 || seen.has(identity(next))) continue;
      seen.add(identity(next));
      queue.push(next);
    }
  }
  return [...arrows.values()];
}

/** The way forward, and what takes a cohort off it, as two Mermaid diagrams. */
export function stateDiagrams(arrows: readonly Arrow[]): string[] {
  const onward = arrows.filter(({ from, to }) => ONWARD.includes(from) && ONWARD.includes(to));
  const off = arrows
    .filter(({ from, to }) => !(ONWARD.includes(from) && ONWARD.includes(to)))
    .map(({ from, to, label }) => ({ from: collapsed(from), to: collapsed(to), label }));
  return [draw(onward, ['    [*] --> preflight'], ['    committed --> [*]']), draw(off, [], ['    takenOut --> [*]'])];
}

function collapsed(status: CohortStatus): string {
  return MOVING.includes(status) ? 'moving' : status;
}

function draw(
  arrows: readonly { from: string; to: string; label: string }[],
  before: string[],
  after: string[],
): string {
  const labels = new Map<string, Set<string>>();
  for (const { from, to, label } of arrows) {
    const between = `    ${from} --> ${to}`;
    labels.set(between, (labels.get(between) ?? new Set()).add(label));
  }
  const lines = [...labels].map(([between, of]) => `${between}: ${[...of].sort().join(', ')}`);
  return ['stateDiagram-v2', ...before, ...lines.sort(), ...after].join('\n');
}

/** What the work at hand can come to, and what the phase tells the cohort. */
function outcomes(run: CohortRun, rules: PhaseRules): [string, CohortEvent][] {
  const epoch = run.epoch + 1;
  const work = workFor(run, rules);
  const gaveUp: [string, CohortEvent] = ['could not be done', { kind: 'workFailed', message: 'no answer' }];
  const ended = (label: string, end: Extract<CohortEvent, { kind: 'watchEnded' }>['end']): [string, CohortEvent] => [
    label,
    { kind: 'watchEnded', end },
  ];
  switch (work.kind) {
    case 'none':
      return run.status === 'awaitingCommit' ? commitNow() : [];
    case 'preflight':
      return [
        ...(run.attempt === 1 && run.epoch === 1 ? [LEFT_OUT] : []),
        ...['seen', 'changed'].map((evidenceHash): [string, CohortEvent] => [
          confirmation(run, evidenceHash),
          { kind: 'preflightDone', ok: true, failures: [], evidenceHash, epoch },
        ]),
        ['not ready', { kind: 'preflightDone', ok: false, failures: ['no owner'], evidenceHash: 'seen', epoch }],
        gaveUp,
      ];
    case 'shift':
      return [
        ['split read back', { kind: 'splitShifted', epoch, share: work.share }],
        ['control was away too long', { kind: 'restoreTooLate', epoch }],
        gaveUp,
      ];
    case 'watch':
      return [
        ...(work.until === 'stepDone'
          ? [
              ended('gates passed', { kind: 'stepDone', evidenceHash: 'gates' }),
              ended('gate was blind too long', { kind: 'blind', gate: 'any', verdict: 'noData', message: 'none came' }),
            ]
          : []),
        ...rules.rollbackRules.map(({ gate }) =>
          ended('limit crossed', { kind: 'limitCrossed', gate, message: 'kept 0.4 < 0.9 (n=20)', newestAt: NOW }),
        ),
        ended('control back in time', { kind: 'lapsed', epoch, share: 0, lapsedFor: 0 }),
        ended('control was away too long', {
          kind: 'lapsed',
          epoch,
          share: 0,
          lapsedFor: rules.phase.resumeWithin + 1,
        }),
        ended('split changed from outside', { kind: 'superseded', epoch, share: 0 }),
        ended('route outside does not follow', { kind: 'notRouted', epoch, share: run.share }),
        ...(run.status === 'awaitingCommit' ? commitNow() : []),
        gaveUp,
      ];
    case 'lower':
      return [['split lowered', { kind: 'splitLowered', epoch, share: work.share }]];
    case 'settleRollback':
      return [['people and notices done', { kind: 'rollbackSettled', failures: [], epoch }], gaveUp];
    case 'commit':
      return [['target for everyone', { kind: 'splitCommitted', epoch }], gaveUp];
  }
}

const LEFT_OUT: [string, CohortEvent] = [
  'the plan leaves it out, or an earlier phase did',
  { kind: 'leftOut', reason: 'They are moved by hand.' },
];

const OPENED: [string, CohortEvent][] = [
  ['calendar open', { kind: 'opened' }],
  ['calendar closed', { kind: 'opensAt', at: NOW }],
  ['calendar closed', { kind: 'calendarClosed' }],
  ['calendar not known', { kind: 'openingUnknown', message: 'It never opens.' }],
];

function commitNow(): [string, CohortEvent][] {
  return [undefined, NOW].map((notAfter) => [
    'approved, every cohort at its end',
    { kind: 'commitNow', ...(notAfter !== undefined && { notAfter }) },
  ]);
}

/** What a preflight that passes means: it asks for a go, or confirms or voids the one that was given. */
function confirmation({ request }: CohortRun, evidenceHash: string): string {
  if (request === undefined) return 'ready';
  return request.evidenceHash === evidenceHash ? 'evidence confirmed' : 'evidence changed';
}

/** Each command that the cohort takes as it stands. */
function commands(run: CohortRun, rules: PhaseRules): [string, CohortEvent][] {
  const all: [CommandName, string, CohortEvent][] = [
    ...['one', 'two'].map((id): [CommandName, string, CohortEvent] => [
      'approve',
      run.request?.kind === 'goOn' ? 'let go on' : 'approved',
      { kind: 'approve', actor: person(id) },
    ]),
    ['resume', run.status === 'notReady' ? 'resumed' : 'let go on', { kind: 'resume', actor: person('one') }],
    ['reject', 'rejected', { kind: 'reject', actor: person('one') }],
    [
      'pause',
      'pause',
      { kind: 'pause', actor: 'one', verified: true, because: { code: 'command', message: 'to look' } },
    ],
    ...(['step', 'cohort', 'phase', 'migration'] as const).map((scope): [CommandName, string, CohortEvent] => [
      'rollback',
      'roll back',
      { kind: 'rollback', scope, by: 'one', verified: true, because: 'doubt' },
    ]),
    ['abort', 'abort', { kind: 'abort', actor: person('one') }],
  ];
  const taken = all.filter(([name, , event]) => {
    const actor = 'actor' in event && typeof event.actor === 'object' ? event.actor : person('one');
    const asked = { actor, ...('scope' in event && { scope: event.scope }) };
    return checkCommand(run, name, asked, rules) === undefined;
  });
  return [
    ...taken.map(([, label, event]): [string, CohortEvent] => [label, event]),
    ['cancelled', { kind: 'cancelled' }],
  ];
}

/** What makes two states the same to all that follows. */
function identity({ status, step, share, parkAt, attempt, request, because, rollback, ...rest }: CohortRun): string {
  const { restoring, fresh, uncertain, opening, opensAt } = rest;
  return JSON.stringify([
    ...[status, step, share, parkAt, attempt, restoring, fresh, uncertain],
    ...[request?.kind, request?.step, request?.given.map(({ actor }) => actor), request?.evidenceHash === 'seen'],
    ...[opening?.step, opening?.fresh, opening?.because?.code, opening?.request !== undefined, opensAt],
    ...[because?.code, rollback?.scope, rollback?.trafficBackAt !== undefined, rest.pauseAfterRollback?.step],
  ]);
}
