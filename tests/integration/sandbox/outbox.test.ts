import { createLogger } from '../../../platform/logger';
import { eventSender } from '../../../sandbox/events/event-sender';
import { EventTally } from '../../../sandbox/events/event-tally';
import { Outbox } from '../../../sandbox/events/outbox';
import type { StackEvent } from '../../../sandbox/events/stack-event';
import { until } from '../../setup/until';
import { ProductDouble } from './product-double';

describe('a stack’s outbox', () => {
  let product: ProductDouble;
  let tally: EventTally;
  let outbox: Outbox;

  beforeEach(async () => {
    product = new ProductDouble();
    await product.open();
    tally = new EventTally();
    outbox = new Outbox({
      side: 'target',
      send: eventSender({ url: product.url, token: 'stack-token', timeout: 2_000 }),
      tally,
      logger: createLogger('test', 'silent'),
      batch: 7,
      gather: 1,
      retryAfter: 2,
      retryAtMost: 20,
    });
  });
  afterEach(async () => {
    outbox.suspend();
    await product.close();
  });

  const counts = (): ReturnType<EventTally['counts']>['target'] => tally.counts('m').target;

  function emit(count: number): void {
    for (let index = 0; index < count; index += 1) outbox.add(event(index));
  }

  it('delivers every event once to be stored, in order, though messages and answers are lost on the way', async () => {
    // Every third message is turned away, every third is stored and its answer lost.
    product.reception = (message) => (['unavailable', 'loseAnswer', 'take'] as const)[message % 3] ?? 'take';
    emit(100);
    await until('every event to be answered', () => counts().pending === 0);
    expect(product.events.map(({ id }) => id)).toEqual(Array.from({ length: 100 }, (_, index) => `event-${index}`));
    expect(counts()).toMatchObject({ emitted: 100, acknowledged: 100, refused: {} });
    expect(counts().duplicates).toBeGreaterThan(0);
  });

  it('gives up on an event that is refused, once, and on no other', async () => {
    product.refuses = ({ id }) => (id === 'event-4' ? 'unknown-event-type' : undefined);
    emit(20);
    await until('every event to be answered', () => counts().pending === 0);
    expect(counts()).toMatchObject({ acknowledged: 19, refused: { 'unknown-event-type': 1 } });
    expect(product.stored.size).toBe(19);
  });

  it('finds the one event that makes a whole message unreadable', async () => {
    const send = eventSender({ url: product.url, token: 'stack-token', timeout: 2_000 });
    const bad = new Outbox({
      side: 'legacy',
      send: (events) =>
        events.some(({ id }) => id === 'event-11')
          ? Promise.resolve({ kind: 'unreadable', code: 'body-too-large' })
          : send(events),
      tally,
      logger: createLogger('test', 'silent'),
      gather: 1,
    });
    for (let index = 0; index < 30; index += 1) bad.add(event(index));
    const legacy = (): ReturnType<EventTally['counts']>['legacy'] => tally.counts('m').legacy;
    await until('every event to be answered', () => legacy().pending === 0);
    expect(legacy()).toMatchObject({ acknowledged: 29, refused: { 'body-too-large': 1 } });
  });

  it('keeps what it has while nobody lets it in, and while its stack is down', async () => {
    product.reception = () => 'unavailable';
    emit(3);
    await until('three sendings', () => product.messages >= 3);
    outbox.suspend();
    product.reception = () => 'take';
    const messages = product.messages;
    emit(2);
    expect(counts()).toMatchObject({ emitted: 5, acknowledged: 0, pending: 5 });
    outbox.resume();
    await until('all five to be taken', () => counts().acknowledged === 5);
    expect(product.messages).toBeGreaterThan(messages);
  });

  it('says that it is full before it takes more than it can keep', () => {
    const small = new Outbox({
      side: 'target',
      send: () => new Promise(() => undefined),
      tally,
      logger: createLogger('test', 'silent'),
      capacity: 2,
    });
    small.add(event(1));
    expect(small.full).toBe(false);
    small.add(event(2));
    expect(small.full).toBe(true);
    small.suspend();
  });
});

function event(index: number): StackEvent {
  return {
    migration: 'm',
    source: '/target/routing',
    id: `event-${index}`,
    type: 'review.assigned',
    time: new Date(1_000 + index),
    journey: 'ep_1',
    subject: 'pat_1',
    sequence: index,
    data: {},
  };
}
