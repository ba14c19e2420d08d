import { sendEvents, type EventLoad } from './event-sender';

/** A process of its own that sends events: each message is a load, each answer its result, or what went wrong. */
process.on('message', (load: EventLoad | 'usage') => {
  if (load === 'usage') return;
  sendEvents(load).then(
    (result) => process.send?.({ result }),
    (error: unknown) => process.send?.({ failure: error instanceof Error ? error.message : String(error) }),
  );
});

// It lives for as long as it may be asked.
process.channel?.ref();
