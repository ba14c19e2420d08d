import { acceptEvent, CLOCK_AHEAD, type IncomingEvent } from '../../../domain/events/accept-event';
import { EventContract } from '../../../domain/events/event-contract';
import { isRefused, type EventRefusal } from '../../../domain/events/event-refusal';

const NOW = Date.parse('2026-03-01T12:00:00.000Z');
const CANARY = 'zebra.canary@example.org';
const PATIENT = 'pat_0123456789abcdef';
const EPISODE = 'ep_0123456789abcdef';

const contract = new EventContract({
  keys: { patient: 'pat', episode: 'ep', subscription: 'sub' },
  systems: [{ id: 'billing', side: 'shared', source: '/billing' }],
  events: [
    {
      type: 'payment.succeeded',
      data: {
        program: { kind: 'code', codes: ['weight', 'hormone'], required: true },
        attempts: { kind: 'integer', required: false },
        renewal: { kind: 'boolean', required: false },
        settledAt: { kind: 'timestamp', required: false },
      },
    },
    { type: 'patient.withdrew', data: {} },
  ],
});

const good = {
  specversion: '1.0',
  id: 'evt_1',
  source: '/billing',
  type: 'payment.succeeded',
  subject: PATIENT,
  journey: EPISODE,
  time: '2026-03-01T11:59:00Z',
};
const goodData = { program: 'weight' };

function judge(attributes: object, data: unknown = goodData): IncomingEvent | { refused: EventRefusal } {
  return acceptEvent({ attributes: new Map(Object.entries({ ...good, ...attributes })), data }, contract, NOW);
}

function accepted(attributes: object = {}, data?: unknown): IncomingEvent {
  const event = judge(attributes, data);
  if (isRefused(event)) throw new Error(event.refused.message);
  return event;
}

function refused(attributes: object, data?: unknown): EventRefusal {
  const event = judge(attributes, data);
  if (!isRefused(event)) throw new Error('expected a refusal');
  return event.refused;
}

describe('what a plan lets in', () => {
  it('takes an event with what the plan declares, and nothing else of it', () => {
    expect(
      accepted({ traceparent: CANARY, note: CANARY, subscription: 'sub_0123456789abcdef', sequence: '12' }),
    ).toEqual({
      source: '/billing',
      id: 'evt_1',
      type: 'payment.succeeded',
      subject: PATIENT,
      journey: EPISODE,
      units: { patient: PATIENT, episode: EPISODE, subscription: 'sub_0123456789abcdef' },
      time: Date.parse('2026-03-01T11:59:00Z'),
      sequence: 12,
      data: { program: 'weight' },
      contentHash: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
    });
  });

  it('leaves the time open where the producer does not say it', () => {
    expect(accepted({ time: undefined }).time).toBeNull();
  });

  it.each([
    [{ specversion: '0.3' }, 'unsupported-specversion'],
    [{ id: undefined }, 'event-without-id'],
    [{ id: '' }, 'event-without-id'],
    [{ id: 7 }, 'event-without-id'],
    [{ source: undefined }, 'event-without-source'],
    [{ type: undefined }, 'event-without-type'],
    [{ subject: undefined }, 'event-without-subject'],
    [{ journey: undefined }, 'event-without-journey'],
    [{ id: 'the patient said so' }, 'bad-event-id'],
    [{ id: CANARY }, 'bad-event-id'],
    [{ id: '+15550100200' }, 'bad-event-id'],
    [{ source: CANARY }, 'unknown-event-source'],
    [{ type: CANARY }, 'unknown-event-type'],
    [{ type: 'Payment.Succeeded' }, 'unknown-event-type'],
    [{ type: 'constructor' }, 'unknown-event-type'],
    [{ sequence: '-1' }, 'bad-event-sequence'],
    [{ sequence: '1.5' }, 'bad-event-sequence'],
    [{ sequence: '9'.repeat(16) }, 'bad-event-sequence'],
    [{ time: 'yesterday' }, 'bad-event-time'],
    [{ time: '2026-02-30T00:00:00Z' }, 'bad-event-time'],
    [{ time: '2026-03-01T11:59:00' }, 'bad-event-time'],
    [{ time: '1969-12-31T23:59:59Z' }, 'bad-event-time'],
    [{ time: 1772366400000 }, 'bad-event-time'],
  ])('refuses %j with a code that says why, and repeats nothing (%s)', (attributes, code) => {
    const refusal = refused(attributes);
    expect(refusal.code).toBe(code);
    expectNothingRepeated(refusal, attributes);
  });

  it.each([
    ['an email address', CANARY],
    ['a telephone number', '+1 555 010 0200'],
    ['a name', 'Zebra Canary'],
    ['a prefix of another kind', EPISODE],
    ['a prefix that no plan declares', 'xyz_0123456789abcdef'],
    ['a prefix alone', 'pat_'],
    ['something that is no text', { key: CANARY }],
  ])('refuses %s as a key (R7)', (_, key) => {
    for (const attribute of ['subject', 'subscription']) {
      const value = attribute === 'subscription' && key === EPISODE ? PATIENT : key;
      const refusal = refused({ [attribute]: value });
      expect(refusal.code).toBe('key-outside-grammar');
      expect(refusal.message).toContain(`'${attribute}'`);
      expectNothingRepeated(refusal, { value });
    }
  });

  it('refuses a key of a kind that the plan declares no prefix for', () => {
    expect(refused({ visitor: 'vis_0123456789abcdef' }).code).toBe('key-outside-grammar');
  });

  it('refuses what is said to happen later than any clock may be ahead', () => {
    expect(accepted({ time: new Date(NOW + CLOCK_AHEAD).toISOString() }).time).toBe(NOW + CLOCK_AHEAD);
    const refusal = refused({ time: new Date(NOW + CLOCK_AHEAD + 1).toISOString() });
    expect(refusal.code).toBe('event-from-the-future');
    expect(refusal.message).not.toContain('2026');
  });

  it.each([
    [{ program: 'weight', note: CANARY }, 'undeclared-field'],
    [{ program: 'weight', [CANARY]: true }, 'undeclared-field'],
    [{ program: 'weight', toString: 'weight' }, 'undeclared-field'],
    [JSON.parse('{"program":"weight","__proto__":{"note":"zebra"}}'), 'undeclared-field'],
    [{}, 'missing-field'],
    [undefined, 'missing-field'],
    [null, 'missing-field'],
    [{ program: CANARY }, 'bad-field'],
    [{ program: ['weight'] }, 'bad-field'],
    [{ program: null }, 'bad-field'],
    [{ program: 'weight', attempts: 1.5 }, 'bad-field'],
    [{ program: 'weight', attempts: '1' }, 'bad-field'],
    [{ program: 'weight', attempts: 2 ** 53 }, 'bad-field'],
    [{ program: 'weight', renewal: 'true' }, 'bad-field'],
    [{ program: 'weight', settledAt: CANARY }, 'bad-field'],
    [CANARY, 'data-not-json'],
    [[CANARY], 'data-not-json'],
  ])('refuses the data %j: its schema is closed (R7, %s)', (data: unknown, code) => {
    const event = acceptEvent({ attributes: new Map(Object.entries(good)), data }, contract, NOW);
    if (!isRefused(event)) throw new Error('expected a refusal');
    expect(event.refused.code).toBe(code);
    expectNothingRepeated(event.refused, data);
  });

  it('takes no data at all for a type that has none', () => {
    expect(accepted({ type: 'patient.withdrew' }, {}).data).toEqual({});
    expect(accepted({ type: 'patient.withdrew' }, null).data).toEqual({});
  });
});

describe('the content of an event, by which a repeat is known (I5)', () => {
  const hash = (attributes?: object, data?: unknown) => accepted(attributes, data).contentHash;

  it('is the same in another offset, another order of fields, and with other attributes that nobody reads', () => {
    expect(hash({ time: '2026-03-01T06:59:00.000-05:00' })).toBe(hash());
    expect(hash({ traceparent: 'x' })).toBe(hash());
    expect(hash({}, { attempts: 1, program: 'weight' })).toBe(hash({}, { program: 'weight', attempts: 1 }));
    expect(hash({}, { program: 'weight', settledAt: '2026-03-01T00:00:00+01:00' })).toBe(
      hash({}, { program: 'weight', settledAt: '2026-02-28T23:00:00Z' }),
    );
  });

  it.each([
    [{ type: 'patient.withdrew' }, {}],
    [{ journey: 'ep_fedcba9876543210' }, goodData],
    [{ subject: 'pat_fedcba9876543210' }, goodData],
    [{ time: '2026-03-01T11:59:00.001Z' }, goodData],
    [{ time: undefined }, goodData],
    [{ sequence: 1 }, goodData],
    [{ subscription: 'sub_0123456789abcdef' }, goodData],
    [{}, { program: 'hormone' }],
  ])('is another one with %j and data %j', (attributes, data) => {
    expect(hash(attributes, data)).not.toBe(hash());
  });
});

function expectNothingRepeated({ message }: EventRefusal, received: unknown): void {
  for (const text of textsOf(received)) expect(message).not.toContain(text);
}

/** Texts and names in a received value that are long enough to be told from words of ours. */
function textsOf(value: unknown): string[] {
  if (typeof value === 'string') return value.length > 4 && value !== 'weight' ? [value] : [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, item]) => [
    ...(name.includes('zebra') || name === 'toString' ? [name] : []),
    ...textsOf(item),
  ]);
}
