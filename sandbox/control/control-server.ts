import express, { type Express } from 'express';
import { answerFailure, readBody } from '../sandbox-failure';
import type { Sandbox } from '../sandbox';
import { faultsRequestSchema, runRequestSchema } from './control-contract';

/** The sandbox's own API: what its patients do, and what is broken in its stacks. Local, without a token: it reaches nothing but the sandbox. */
export function controlServer(sandbox: Sandbox): Express {
  const app = express();
  app.disable('x-powered-by');
  app.use(express.json());

  app.get('/healthz', (_request, response) => void response.send({ status: 'ok' }));
  app.get('/state', (_request, response) => void response.send(sandbox.state()));
  app.get('/dropped/:migration', (request, response) => void response.send(sandbox.dropped(request.params.migration)));
  app.get(
    '/told/:migration',
    (request, response) => void response.send({ told: sandbox.told(request.params.migration) }),
  );
  app.get('/slowed/:migration', (request, response) => void response.send(sandbox.slowed(request.params.migration)));
  app.get(
    '/repeated/:migration',
    (request, response) => void response.send(sandbox.repeated(request.params.migration)),
  );
  app.get(
    '/misstated/:migration',
    (request, response) => void response.send(sandbox.misstated(request.params.migration)),
  );

  app.put('/faults', async (request, response) => {
    const { faults } = readBody(faultsRequestSchema, request.body);
    await sandbox.setFaults(faults);
    response.send({ faults });
  });

  app.post('/runs', (request, response) => {
    const run = sandbox.startRun(readBody(runRequestSchema, request.body));
    response.status(201).send({ run });
  });

  app.delete('/runs/:migration', (request, response) => {
    response.status(202).send({ run: sandbox.stopRun(request.params.migration) });
  });

  app.use(answerFailure);
  return app;
}
