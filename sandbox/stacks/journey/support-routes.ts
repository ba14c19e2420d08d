import type { Handovers } from './handovers';
import { readCase } from './read-case';

/** `POST /support/tickets`: opens one, which somebody answers later. */
export function supportRoutes(desk: Handovers): void {
  desk.app.post('/support/tickets', async (request, response) => {
    const work = desk.workFor(readCase(request.body));
    const done = await desk.once('ticket', work.who, () => {
      const at = work.now;
      if (!work.says('support.ticketOpened', at)) return Promise.resolve(false);
      work.after('support.answered', at, (answeredAt) => void work.says('support.answered', answeredAt));
      return Promise.resolve(true);
    });
    response.status(done ? 201 : 410).send({ status: done ? 'opened' : 'lost' });
  });
}
