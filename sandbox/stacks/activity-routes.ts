import type { Express } from 'express';
import { z } from 'zod';
import { deriveUuid } from '../patients/derive-key';
import { readBody } from '../sandbox-failure';
import { NoSuchRun, type Stack } from './stack';

const key = z.string().min(1).max(80);
const activitiesSchema = z.strictObject({
  migration: key,
  patient: key,
  journey: key,
  /** In the order in which they were done. */
  activities: z
    .array(
      z.strictObject({
        type: z.string().min(1).max(128),
        /** When it happened. */
        time: z.iso.datetime(),
        /** Place of the activity within its journey. */
        sequence: z.int().min(0),
      }),
    )
    .min(1)
    .max(100),
});

/** `POST /activities`: does recorded steps of a journey, each as of the time it is given, and says so. */
export function activityRoutes(app: Express, stack: Stack): void {
  // How far each journey is: who lost an answer and asks again does nothing twice.
  const reached = new Map<string, number>();

  app.post('/activities', (request, response) => {
    const { migration, patient, journey, activities } = readBody(activitiesSchema, request.body);
    const run = stack.runOf(migration);
    if (run.recordedSource === undefined) throw new NoSuchRun();
    const source = run.recordedSource[stack.side];
    const id = `${migration} ${journey}`;
    for (const { type, time, sequence } of activities) {
      if (sequence <= (reached.get(id) ?? -1)) continue;
      reached.set(id, sequence);
      const done = (happenedAt: Date): void => {
        stack.emit({
          migration,
          source,
          id: deriveUuid(run.seed, journey, String(sequence)),
          type,
          time: happenedAt,
          journey,
          subject: patient,
          sequence,
          data: {},
        });
      };
      const slowness = stack.slowness(run, type);
      if (slowness > 0) stack.later(run, new Date(Date.parse(time) + slowness), done);
      else done(new Date(time));
    }
    response.status(202).send({ status: 'done' });
  });
}
