import type { DeclaredDead, ProcessList, ProcessState } from '../../domain/status/process-standing';
import { table } from './table';

const WORDS: Record<ProcessState, string> = { live: 'live', lapsed: 'lapsed', inLimbo: 'IN LIMBO' };

export function processesScreen({ version, processes }: ProcessList): string {
  if (processes.length === 0) return 'No API process answers sides.';
  const rows = processes.map((one) => [
    one.process,
    one.name,
    WORDS[one.state],
    one.startedAt,
    one.leaseUntil,
    one.behind ? `${one.seenVersion} of ${version}` : 'up to date',
    one.keepsJournal ? 'yes' : 'no',
  ]);
  const limbo = processes.some(({ state }) => state === 'inLimbo');
  return [
    table(['PROCESS', 'WHERE', 'STATE', 'SINCE', 'LEASE UNTIL', 'SEEN', 'JOURNAL'], rows),
    ...(limbo
      ? [
          'While a process is in limbo nobody new goes to target. Start it again with its journal, or, where it is gone for good:',
          "  handoff processes declare-dead <process> --reason '…'",
        ]
      : []),
  ].join('\n');
}

export function declaredDeadScreen({ process, migrations, detail }: DeclaredDead): string {
  const written = migrations.length === 0 ? 'No migration is under way.' : `Written down in ${migrations.join(', ')}.`;
  return [`${process} was declared dead. ${written}`, detail].join('\n');
}
