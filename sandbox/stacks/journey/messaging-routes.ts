import { SENDERS } from '../../journey/journey-events';
import type { Handovers } from './handovers';
import { readCase } from './read-case';

/** `POST /messaging/stops`: a patient writes STOP, and each sender lets go of them a moment later, whichever of their journeys it sent for. */
export function messagingRoutes(desk: Handovers): void {
  desk.app.post('/messaging/stops', async (request, response) => {
    const work = desk.workFor(readCase(request.body));
    const done = await desk.once('stop', work.who, () => {
      const at = work.now;
      if (!work.says('stop.received', at)) return Promise.resolve(false);
      work.after('sender.suppressed', at, (suppressedAt) => {
        for (const [nth, sender] of SENDERS.entries()) {
          work.says('sender.suppressed', suppressedAt, { sender }, nth);
        }
      });
      return Promise.resolve(true);
    });
    response.status(done ? 202 : 410).send({ status: done ? 'stopped' : 'lost' });
  });
}
