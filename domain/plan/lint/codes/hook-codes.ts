import type { CodeEntry } from './code-entry';

/** WH45x: webhooks of vendors. */
export const HOOK_CODES = {
  WH451: {
    severity: 'error',
    title: 'An expression that is not taken',
    why: 'It is no JSONata, or can run without end or reach out: one payload could hold up everybody (patterns, loops, ranges, searches at any depth).',
    bad: 'from: data.object.**.refund_reason',
    good: 'from: data.object.metadata.refund_reason',
  },
  WH452: {
    severity: 'error',
    title: 'A hook fills a field that its event does not have',
    why: 'Events are closed: every one of this type would be refused, and its handoffs would be missed.',
    bad: 'to: renewal.settled\ndata: { program: { always: weight } }',
    good: 'to: renewal.settled',
  },
  WH453: {
    severity: 'error',
    title: 'A hook fills a field with a code that it cannot have',
    why: 'The value would be dropped, and with a field that is required the whole event.',
    bad: 'data: { channel: { always: telegram } }',
    good: 'data: { channel: { always: sms } }',
  },
  WH454: {
    severity: 'error',
    title: 'A hook leaves out a field that its event requires',
    why: 'The vendor knows no such field, so every event of this type would be refused, and its handoffs would be missed.',
    bad: 'to: message.delivered\ndata: {}',
    good: 'to: message.delivered\ndata: { channel: { always: sms } }',
  },
  WH455: {
    severity: 'error',
    title: 'A hook whose signature or payload is not said, or said twice',
    why: "Of a system that is not known nobody can tell whether it sent what comes, nor what it says; of a vendor's the plan cannot say it otherwise.",
    bad: 'vendor: photon\nsignature: { kind: token }',
    good: 'vendor: photon',
  },
  WH456: {
    severity: 'warning',
    title: 'Two hooks of one secret',
    why: 'Whoever can sign for one account can sign for the other: a test account could pay for patients of the real one.',
    bad: 'secrets: [STRIPE_LEGACY]',
    good: 'secrets: [STRIPE_TARGET]',
    waivable: true,
  },
  WH457: {
    severity: 'error',
    title: 'A hook that makes the same event twice of one',
    why: 'What happened once would count twice: two handoffs would start, and one of them be missed.',
    bad: '- from: customer.subscription.deleted\n  to: subscription.cancelled\n- from: customer.subscription.deleted\n  to: subscription.cancelled',
    good: '- from: customer.subscription.deleted\n  to: subscription.cancelled',
  },
  WH458: {
    severity: 'error',
    title: 'A field that the vendor does not have',
    why: 'It is always missing: the condition never holds, and the field is never filled.',
    bad: 'when: [{ field: keyword, oneOf: [STOP] }]',
    good: 'when: [{ field: optOut, oneOf: [STOP] }]',
  },
  WH459: {
    severity: 'warning',
    title: 'Two hooks of one system',
    why: "Events are told apart by their system: where two accounts give the same id to different events, one of them is refused as another's.",
    bad: 'vendor: stripe\nsystem: legacy-billing\nsecrets: [STRIPE_TARGET]',
    good: 'vendor: stripe\nsystem: target-billing\nsecrets: [STRIPE_TARGET]',
    waivable: true,
  },
} as const satisfies Record<string, CodeEntry>;
