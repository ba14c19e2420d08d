import type { ChannelKind } from '../../domain/plan/schema/team-schema';

export type { ChannelKind };

export interface Notice {
  /** The same key is told once, however often it is sent. */
  onceKey: string;
  migration: string;
  phase: string | null;
  cohort: string | null;
  /** A code: `approvalNeeded`, `limitCrossed`, `rolledBack`, `held`, ... */
  kind: string;
  urgency: 'info' | 'page';
  /** For people of the company. Nothing of a patient. */
  message: string;
  /** The team of the plan that it is for; whoever is told of the migration where absent. */
  team?: string;
  /** The kinds of channel that the plan names for it; whatever reaches the team where absent. */
  kinds?: ChannelKind[];
  /** The one thing that several notices are about: a receiver that keeps incidents opens, acknowledges and closes one for them. */
  incident?: { key: string; state: 'open' | 'acknowledged' | 'resolved' };
}

/** Tells people. Sending the same notice again is harmless. @throws NotDelivered where it could not be handed over */
export interface Notifier {
  send(notice: Notice): Promise<void>;
}
