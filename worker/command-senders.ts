import type { CommandSender, FindCommandSender } from '../activities/queues/command-sender';
import { CommandWebhook } from '../adapters/webhook/command-webhook';
import { systemClock } from '../platform/system-clock';
import type { CommandEntry } from './channels-file';

/** Where commands go, by migration and system. */
export function commandSenders(entries: readonly CommandEntry[] = []): FindCommandSender {
  const senders = new Map<string, CommandSender>(
    entries.map(({ migration, system, url, secret }) => [
      nameOf({ migration, system }),
      new CommandWebhook({ url, secret, clock: systemClock }),
    ]),
  );
  return (of) => senders.get(nameOf(of));
}

function nameOf({ migration, system }: { migration: string; system: string }): string {
  return `${migration}/${system}`;
}
