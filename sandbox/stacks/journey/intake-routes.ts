import { STACK_ODDS } from '../../journey/habits';
import { readCase } from './read-case';
import type { Handovers } from './handovers';

/** Intake and the CRM behind it: `POST /intake/starts`, `/intake/submissions`, `/intake/abandonments`. A submitted one is staged, and charted where review is. */
export function intakeRoutes(desk: Handovers): void {
  const { app } = desk;

  app.post('/intake/starts', async (request, response) => {
    const work = desk.workFor(readCase(request.body));
    const done = await desk.once('start', work.who, () =>
      Promise.resolve(work.says('intake.started', work.now, { program: work.who.attributes.program })),
    );
    response.status(done ? 201 : 410).send({ status: done ? 'started' : 'lost' });
  });

  app.post('/intake/abandonments', async (request, response) => {
    const work = desk.workFor(readCase(request.body));
    const done = await desk.once('abandonment', work.who, () =>
      Promise.resolve(work.says('intake.abandoned', work.now)),
    );
    response.status(done ? 201 : 410).send({ status: done ? 'abandoned' : 'lost' });
  });

  app.post('/intake/submissions', async (request, response) => {
    const work = desk.workFor(readCase(request.body));
    const done = await desk.once('submission', work.who, () => {
      const at = work.now;
      const { program, state, relation } = work.who.attributes;
      if (!work.says('intake.submitted', at, { program, state })) return Promise.resolve(false);
      work.after('crm.staged', at, (stagedAt) => {
        if (!work.says('crm.staged', stagedAt)) return;
        const odds = relation === 'returning' ? STACK_ODDS.duplicateOfReturning : STACK_ODDS.duplicateOfNew;
        if (work.random('duplicate')() >= odds) return;
        work.after('record.duplicated', stagedAt, (foundAt) => void work.says('record.duplicated', foundAt));
      });
      desk.give('charts', work, at);
      return Promise.resolve(true);
    });
    response.status(done ? 201 : 410).send({ status: done ? 'submitted' : 'lost' });
  });

  desk.takes('charts', (work, submittedAt) => {
    work.after('chart.created', submittedAt, (at) => {
      if (!work.says('chart.created', at) || work.random('mismatch')() >= STACK_ODDS.mismatch) return;
      const own = work.begunHere;
      own.after('record.mismatched', at, (foundAt) => void own.says('record.mismatched', foundAt));
    });
  });
}
