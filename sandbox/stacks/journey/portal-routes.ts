import { STACK_ODDS } from '../../journey/habits';
import { pick } from '../../patients/seeded-random';
import type { Handovers } from './handovers';
import { readCase } from './read-case';

/** The portal: `POST /portal/logins` and `/portal/histories` answer when the patient is in, or sees it; `POST /portal/refills` at once. */
export function portalRoutes(desk: Handovers): void {
  const { app } = desk;

  desk.takes('tracking', (work, shippedAt) => {
    work.after('tracking.visible', shippedAt, (at) => {
      work.tell(work.says('tracking.visible', at) ? 'shipped' : 'lost');
    });
  });

  app.post('/portal/logins', async (request, response) => {
    const work = desk.workFor(readCase(request.body));
    const leaves = work.random('login')() < STACK_ODDS.loginLeft;
    const done = await desk.once('login', work.who, () => {
      const at = work.now;
      if (!work.says('portal.loginRequested', at)) return Promise.resolve(false);
      const type = leaves ? 'portal.left' : 'portal.loggedIn';
      return new Promise((resolve) => {
        work.after(type, at, (happenedAt) => {
          resolve(work.says(type, happenedAt));
        });
      });
    });
    response.status(done ? (leaves ? 204 : 200) : 410).send(done ? { status: 'loggedIn' } : { status: 'lost' });
  });

  app.post('/portal/histories', async (request, response) => {
    const work = desk.workFor(readCase(request.body));
    const done = await desk.once('history', work.who, () => {
      const at = work.now;
      if (!work.says('history.requested', at)) return Promise.resolve(false);
      return new Promise((resolve) => {
        work.after('history.shown', at, (shownAt) => {
          resolve(work.says('history.shown', shownAt));
        });
      });
    });
    response.status(done ? 200 : 410).send({ status: done ? 'shown' : 'lost' });
  });

  app.post('/portal/refills', async (request, response) => {
    const work = desk.workFor(readCase(request.body));
    const done = await desk.once('refill', work.who, () => {
      const at = work.now;
      if (!work.says('refill.requested', at)) return Promise.resolve(false);
      const approved = work.random('refill')() >= STACK_ODDS.refillDeclined;
      work.after('refill.decided', at, (decidedAt) => {
        if (!work.says('refill.decided', decidedAt, { decision: approved ? 'approved' : 'declined' }) || !approved)
          return;
        work.after('checkin.delivered', decidedAt, (checkedAt) => {
          work.says('checkin.delivered', checkedAt, { channel: pick(work.random('channel'), ['sms', 'email']) });
        });
      });
      return Promise.resolve(true);
    });
    response.status(done ? 202 : 410).send({ status: done ? 'requested' : 'lost' });
  });
}
