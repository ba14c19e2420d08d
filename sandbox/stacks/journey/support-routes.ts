import { z } from 'zod';
import { journeyCaseSchema } from '../../journey/journey-case';
import { TICKETS_ABOUT } from '../../journey/journey-events';
import { readBody } from '../../sandbox-failure';
import type { Handovers } from './handovers';

const ticketSchema = z.strictObject({
  who: journeyCaseSchema,
  about: z.enum(TICKETS_ABOUT),
});
export type TicketAbout = z.infer<typeof ticketSchema>['about'];

/** `POST /support/tickets`: opens one, which somebody answers later. */
export function supportRoutes(desk: Handovers): void {
  desk.app.post('/support/tickets', async (request, response) => {
    const { who, about } = readBody(ticketSchema, request.body);
    const work = desk.workFor(who);
    const done = await desk.once('ticket', work.who, () => {
      const at = work.now;
      if (!work.says('support.ticketOpened', at, { about })) return Promise.resolve(false);
      work.after('support.answered', at, (answeredAt) => void work.says('support.answered', answeredAt));
      return Promise.resolve(true);
    });
    response.status(done ? 201 : 410).send({ status: done ? 'opened' : 'lost' });
  });
}
