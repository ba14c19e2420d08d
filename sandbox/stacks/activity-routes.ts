import type { Express } from 'express';
import { z } from 'zod';
import { deriveUuid } from '../patients/derive-key';
import { readBody } from '../sandbox-failure';
import { NoSuchRun, type Stack } from './stack';

const key = z.string().min(1).max(80);
const activitySchema = z.strictObject({
  migration: key,
  patient: key,
  journey: key,
  type: z.string().min(1).max(128),
  /** When it happened. */
  time: z.iso.datetime(),
  /** Place of the activity within its journey. */
  sequence: z.int().min(0),
});

/** `POST /activities`: does one recorded step of a journey, as of the time it is given, and says so. */
export function activityRoutes(app: Express, stack: Stack): void {
  // How far each journey is: who lost an answer and asks again does nothing twice.
  const reached = new Map<string, number>();

  app.post('/activities', (request, response) => {
    const activity = readBody(activitySchema, request.body);
    const run = stack.runOf(activity.migration);
    if (run.recordedSource === undefined) throw new NoSuchRun();
    const source = run.recordedSource[stack.side];
    const { migration, patient, journey, type, sequence } = activity;
    const id = `${migration} ${journey}`;
    if (sequence <= (reached.get(id) ?? -1)) {
      response.status(200).send({ status: 'done' });
      return;
    }
    reached.set(id, sequence);
    const done = (time: Date): void => {
      stack.emit({
        migration,
        source,
        id: deriveUuid(run.seed, journey, String(sequence)),
        type,
        time,
        journey,
        subject: patient,
        sequence,
        data: {},
      });
    };
    const slowness = stack.slowness(run, type);
    const time = new Date(activity.time);
    if (slowness > 0) stack.later(run, new Date(time.getTime() + slowness), done);
    else done(time);
    response.status(202).send({ status: 'done' });
  });
}
