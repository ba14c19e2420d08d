import { z } from 'zod';
import { journeyCaseSchema } from '../../journey/journey-case';
import { readBody } from '../../sandbox-failure';
import type { Handovers } from './handovers';

/** What a ticket may be about. */
export const TICKET_TOPICS = ['access', 'billing', 'refill', 'status'] as const;
export type TicketTopic = (typeof TICKET_TOPICS)[number];

const ticketSchema = z.strictObject({ who: journeyCaseSchema, topic: z.enum(TICKET_TOPICS) });

/** `POST /support/tickets`: opens one, which somebody answers later. */
export function supportRoutes(desk: Handovers): void {
  desk.app.post('/support/tickets', async (request, response) => {
    const { who, topic } = readBody(ticketSchema, request.body);
    const work = desk.workFor(who);
    const done = await desk.once('ticket', who, () => {
      const at = work.now;
      if (!work.says('support.ticketOpened', at, { topic })) return Promise.resolve(false);
      work.after('support.answered', at, (answeredAt) => void work.says('support.answered', answeredAt));
      return Promise.resolve(true);
    });
    response.status(done ? 201 : 410).send({ status: done ? 'opened' : 'lost' });
  });
}
