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

/** A system of a migration's plan. */
export interface SystemOf {
  migration: string;
  system: string;
}

/** What reaches the systems that are known, each with its address. */
export interface CommandSenders {
  known: readonly SystemOf[];
  /** undefined where it is not known. */
  find(of: SystemOf): CommandSender | undefined;
}
