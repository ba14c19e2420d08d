import { deriveKey, deriveUuid } from '../../../sandbox/patients/derive-key';
import { between, seededRandom } from '../../../sandbox/patients/seeded-random';

/** What happened to one patient, in milliseconds after their start. */
interface Happening {
  type: string;
  after: number;
  data?: Record<string, string>;
  source?: string;
  /** In another episode of the same patient. */
  elsewhere?: true;
}

export interface Story {
  requirement: string;
  /** Where those who were dropped are worked on. */
  queue: string;
  patients: number;
  dropped: number;
  /** The type that never arrives, with all that would come of it; undefined: `happens` is what opens the case. */
  without?: string;
  happens: readonly Happening[];
  /** Of so many who are not dropped, what happens instead: nobody's case. */
  instead?: { patients: number; happens: readonly Happening[] };
  /** Of whom nothing goes wrong. */
  otherwise?: readonly Happening[];
}

const STATE = { program: 'weight', state: 'CA' };
const ASSIGNED = { program: 'weight', licensedIn: 'CA' };
const CHARGED: Happening = { type: 'payment.succeeded', after: 0, data: STATE };
const TOLD: Happening = { type: 'message.delivered', after: 5, data: { channel: 'email' } };
const ASSIGNED_AT: Happening = { type: 'review.assigned', after: 8, data: ASSIGNED };
const ONCE_ASSIGNED: readonly Happening[] = [
  { type: 'review.approved', after: 20 },
  { type: 'prescription.acknowledged', after: 30 },
  { type: 'order.shipped', after: 40 },
  { type: 'tracking.visible', after: 50 },
];
const suppressed = (sender: string, more: Partial<Happening> = {}): Happening => ({
  ...{ type: 'sender.suppressed', after: 20, data: { sender } },
  ...more,
});
const TREATED: readonly Happening[] = [ASSIGNED_AT, ...ONCE_ASSIGNED];

/** Three minutes after they paid, at the scale that the suite plays at. */
export const THREE_MINUTES = 90;

/** For each requirement patients of whom some are dropped, by the plan of examples/telehealth-short.yaml. */
export const STORIES: readonly Story[] = [
  {
    ...{ requirement: 'R24', queue: 'payment-not-routed', patients: 60, dropped: 7, without: 'review.assigned' },
    happens: [CHARGED, TOLD, ...TREATED],
    instead: {
      patients: 6,
      happens: [CHARGED, TOLD, { type: 'payment.refunded', after: THREE_MINUTES, data: { reason: 'withdrew' } }],
    },
  },
  {
    ...{ requirement: 'R50', queue: 'payment-not-routed', patients: 12, dropped: 3 },
    // With somebody who may not treat them: a wrong outcome is not a kept one.
    happens: [CHARGED, TOLD, { ...ASSIGNED_AT, data: { ...ASSIGNED, licensedIn: 'TX' } }, ...ONCE_ASSIGNED],
    otherwise: [CHARGED, TOLD, ...TREATED],
  },
  {
    ...{ requirement: 'R25', queue: 'decision-not-propagated', patients: 40, dropped: 5 },
    ...{ without: 'prescription.acknowledged', happens: [CHARGED, TOLD, ...TREATED] },
  },
  {
    ...{ requirement: 'R25', queue: 'intake-not-routed', patients: 40, dropped: 4, without: 'chart.created' },
    happens: [
      { type: 'intake.submitted', after: 0, data: STATE },
      { type: 'crm.staged', after: 5 },
      { type: 'chart.created', after: 10 },
    ],
  },
  {
    ...{ requirement: 'R26', queue: 'refill-without-history', patients: 30, dropped: 3, without: 'history.shown' },
    happens: [
      { type: 'history.requested', after: 0 },
      { type: 'history.shown', after: 10 },
    ],
  },
  {
    ...{ requirement: 'R27', queue: 'portal-login', patients: 40, dropped: 6, without: 'portal.loggedIn' },
    happens: [
      { type: 'portal.loginRequested', after: 0 },
      { type: 'portal.loggedIn', after: 10 },
    ],
    instead: {
      patients: 4,
      happens: [
        { type: 'portal.loginRequested', after: 0 },
        { type: 'portal.left', after: 20 },
      ],
    },
  },
  {
    // It counts by patient: what ends it comes in another episode. Of those who were dropped, one sender of three never heard.
    ...{ requirement: 'R45', queue: 'stop-not-suppressed', patients: 30, dropped: 5 },
    happens: [
      { type: 'stop.received', after: 0 },
      suppressed('email', { elsewhere: true }),
      suppressed('sms', { elsewhere: true, after: 30 }),
    ],
    otherwise: [
      { type: 'stop.received', after: 0 },
      suppressed('email'),
      suppressed('sms', { elsewhere: true, after: 30 }),
      suppressed('voice', { elsewhere: true, after: 40 }),
    ],
  },
  {
    ...{ requirement: 'R28', queue: 'duplicate-record', patients: 20, dropped: 4 },
    happens: [{ type: 'record.duplicated', after: 0 }],
    otherwise: [{ type: 'landing.viewed', after: 0 }],
  },
  {
    ...{ requirement: 'R29', queue: 'record-mismatch', patients: 20, dropped: 3 },
    happens: [{ type: 'record.mismatched', after: 0 }],
    otherwise: [{ type: 'landing.viewed', after: 0 }],
  },
  {
    ...{ requirement: 'R29', queue: 'record-mismatch', patients: 16, dropped: 2 },
    // Placed on legacy: the target charges all the same.
    happens: [{ ...CHARGED, source: '/target/billing' }, TOLD, ...TREATED],
    otherwise: [CHARGED, TOLD, ...TREATED],
  },
];

export interface PlantedPatient {
  story: Story;
  journey: string;
  /** Another episode of theirs. */
  otherJourney: string;
  subscription: string;
  dropped: boolean;
  happened: readonly Happening[];
}

/** Everybody of every story; who is dropped is drawn by the seed. */
export function plantedPatients(seed: string): PlantedPatient[] {
  const random = seededRandom(seed);
  return STORIES.flatMap((story, index) => {
    const order = Array.from({ length: story.patients }, (_, patient) => ({ patient, drawn: random() }));
    return order
      .sort((a, b) => a.drawn - b.drawn)
      .map(({ patient }, place): PlantedPatient => {
        const name = `${index}-${patient}`;
        const dropped = place < story.dropped;
        return {
          ...{ story, dropped, happened: happened(story, dropped, place - story.dropped) },
          journey: deriveKey('ep', seed, name),
          otherJourney: deriveKey('ep', seed, `${name} once more`),
          subscription: deriveKey('sub', seed, name),
        };
      });
  });
}

function happened(
  { happens, without, instead, otherwise }: Story,
  dropped: boolean,
  place: number,
): readonly Happening[] {
  if (!dropped) return instead !== undefined && place < instead.patients ? instead.happens : (otherwise ?? happens);
  const from = happens.findIndex(({ type }) => type === without);
  return from < 0 ? happens : happens.slice(0, from);
}

/** As stacks send them: in no order at all, every third twice. @param from when the first of them starts, in milliseconds since 1970 */
export function eventsOf(patients: readonly PlantedPatient[], seed: string, from: number): Record<string, unknown>[] {
  const random = seededRandom(`${seed} events`);
  const events = patients.flatMap(({ journey, otherJourney, subscription, happened }, number) => {
    const startedAt = from + Math.round(between(random, 0, 2_000));
    return happened.map(({ type, after, data, source = '/legacy/crm', elsewhere }, place) => ({
      ...{
        specversion: '1.0',
        id: deriveUuid(seed, String(number), String(place)),
        source,
        type,
        journey: elsewhere === true ? otherJourney : journey,
        subscription,
      },
      subject: journey.replace(/^ep_/, 'pat_'),
      time: new Date(startedAt + after).toISOString(),
      ...(data === undefined ? {} : { data }),
    }));
  });
  return events
    .flatMap((event, index) => (index % 3 === 0 ? [event, event] : [event]))
    .map((event) => ({ event, order: random() }))
    .sort((a, b) => a.order - b.order)
    .map(({ event }) => event);
}
