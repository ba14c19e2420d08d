import type { CommandSender, CommandSenders, SystemOf } from '../activities/queues/command-sender';
import { CommandWebhook } from '../adapters/webhook/command-webhook';
import { systemClock } from '../platform/system-clock';
import type { CommandEntry } from './channels-file';

/** Where commands go, by migration and system. */
export function commandSenders(entries: readonly CommandEntry[] = []): CommandSenders {
  const senders = new Map<string, CommandSender>(
    entries.map(({ migration, system, url, secret }) => [
      nameOf({ migration, system }),
      new CommandWebhook({ url, secret, clock: systemClock }),
    ]),
  );
  const known = entries.map(({ migration, system }) => ({ migration, system }));
  return { known, find: (of) => senders.get(nameOf(of)) };
}

function nameOf({ migration, system }: SystemOf): string {
  return `${migration}/${system}`;
}
