import type { HandedOver } from '../../domain/queues/redrive';

/** A command on its way to the system that owes it. */
export interface CommandToSend {
  /** The same at each try: by it the system knows a repetition. */
  key: string;
  /** The same at each try, byte for byte. */
  body: string;
}

/** Hands commands over to one system. Sending the same once more is harmless where the system knows it by its key. */
export interface CommandSender {
  send(command: CommandToSend): Promise<HandedOver>;
}

/** What reaches a system of a migration; undefined where nothing is declared to. */
export type FindCommandSender = (of: { migration: string; system: string }) => CommandSender | undefined;
