/** What a built-in queue has where the plan leaves it out. Never an owner: people decide that. */
export interface BuiltInQueue {
  /** Duration, as in a plan. */
  sla: string;
  path: readonly string[];
  /** Events that open a case by themselves. */
  opensOn: readonly string[];
}

/** The six queues that every migration of this kind fills (R24 to R29). Nothing in their paths is ever done without a person. */
export const BUILT_IN_QUEUES = {
  'payment-not-routed': {
    sla: '30m',
    path: [
      "Confirm the charge in the billing system of the patient's side.",
      'Look for the case in the chart: a provider may have it already.',
      "Send it to routing again, to a provider licensed in the patient's state.",
      'Tell the patient what happens next.',
    ],
    opensOn: [],
  },
  'decision-not-propagated': {
    sla: '2h',
    path: [
      "Read the provider's decision in the chart.",
      'Send it on once more to whoever waits for it: pharmacy, billing or the patient.',
      'Confirm that it was acknowledged.',
    ],
    opensOn: [],
  },
  'refill-without-history': {
    sla: '4h',
    path: [
      'Collect last dose, step, remaining supply, allergies and labs from both sides.',
      'Give the refill to a clinician with that history; nothing is approved automatically.',
      'Tell the patient the decision.',
    ],
    opensOn: [],
  },
  'portal-login': {
    sla: '1h',
    path: [
      "Confirm the patient's identity.",
      'Link the login to the one patient record again.',
      'Let the patient confirm that the portal opens.',
    ],
    opensOn: [],
  },
  'duplicate-record': {
    sla: '1d',
    path: [
      'Freeze both records, so that nothing is charged, prescribed or sent twice.',
      'Two people decide whether to merge or to split.',
      'Confirm on both sides what was done.',
    ],
    opensOn: ['record.duplicated'],
  },
  'record-mismatch': {
    sla: '1d',
    path: [
      'Find the owner of the datum in the stack map.',
      "Write the owner's value where it is missing or another.",
      'Read it back on both sides.',
    ],
    opensOn: ['record.mismatched'],
  },
} as const satisfies Record<string, BuiltInQueue>;

export type BuiltInQueueId = keyof typeof BUILT_IN_QUEUES;

export function isBuiltInQueue(id: string): id is BuiltInQueueId {
  return Object.hasOwn(BUILT_IN_QUEUES, id);
}
