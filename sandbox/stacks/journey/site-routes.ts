import { z } from 'zod';
import { SIDES } from '../../../domain/sides/side';
import { readVisitCookie } from '../../journey/journey-case';
import type { Handovers } from './handovers';
import { answerPageFault, intakePage, landingPage, parkedPage } from './pages';

const arrivalSchema = z.object({
  from: z.enum(SIDES),
  /** When the visitor clicked, in milliseconds since 1970. */
  clicked: z.coerce.number().min(0),
  /** Not the first try: the page opens as of now. */
  again: z.literal('1').optional(),
});

/**
 * `GET /landing` (and `/`) is the landing page, `GET /start` its way on, `GET /intake` the first page of intake. Anybody may look; what a visitor of a
 * running migration does there, known by a cookie, is said.
 */
export function siteRoutes(desk: Handovers): void {
  const { app, stack } = desk;
  const port = (): string => new URL(stack.url).port;

  app.get(['/', '/landing'], async (request, response) => {
    const fault = stack.pageFault('landing');
    if (fault !== undefined) {
      answerPageFault(fault, response, port());
      return;
    }
    const who = readVisitCookie(request.headers.cookie);
    if (who !== undefined) {
      const work = desk.workFor(who);
      await desk.once('landing', who, () => Promise.resolve(work.says('landing.viewed', work.now)));
    }
    response.send(landingPage(stack.side));
  });

  app.get('/start', async (request, response) => {
    const who = readVisitCookie(request.headers.cookie);
    if (who === undefined) {
      response.redirect(303, '/intake');
      return;
    }
    const work = desk.workFor(who);
    const to = await work.journey.desk.tell('intake', who, stack.closing);
    if (to === undefined) {
      response.status(503).send(parkedPage(stack.side));
      return;
    }
    const clicked = work.now;
    if (!(await desk.once('click', who, () => Promise.resolve(work.says('cta.clicked', clicked))))) {
      response.status(410).send(parkedPage(stack.side));
      return;
    }
    if (to !== stack.side) work.journey.bridged('intake.opened', stack.side);
    response.redirect(303, `${work.journey.stackUrls[to]}/intake?from=${stack.side}&clicked=${clicked}`);
  });

  app.get('/intake', async (request, response) => {
    const fault = stack.pageFault('intake');
    if (fault !== undefined) {
      answerPageFault(fault, response, port());
      return;
    }
    const who = readVisitCookie(request.headers.cookie);
    const arrival = arrivalSchema.safeParse(request.query);
    if (who !== undefined && arrival.success) {
      const { from, clicked, again } = arrival.data;
      const work = desk.workFor(who, from);
      const opened = await desk.once(
        'opened',
        who,
        () =>
          new Promise<boolean>((resolve) => {
            work.after('intake.opened', again === undefined ? clicked : work.now, (at) => {
              resolve(work.says('intake.opened', at));
            });
          }),
      );
      if (!opened) {
        response.status(410).send(parkedPage(stack.side));
        return;
      }
    }
    response.send(intakePage(stack.side));
  });

  app.get('/parked', (_request, response) => void response.send(parkedPage(stack.side)));
}
