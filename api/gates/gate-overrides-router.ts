import { type Request, type Response, Router } from 'express';
import { UnknownGate, UnknownGateOverride } from '../../domain/gates/gate-override-failures';
import { identifier } from '../../domain/plan/schema/values';
import type { GateOverride } from '../../domain/status/gate-override';
import type { Logger } from '../../platform/logger';
import type { Database } from '../../store/database';
import type { OverrideAct } from '../../store/gate-override-requests';
import { listOverrides } from '../../store/gate-overrides';
import { askOverride, confirmOverride, withdrawOverride } from '../../store/override-gate';
import { actorOf, allow, PEOPLE } from '../access';
import type { Actors } from '../actors';
import { findMigration, findPhase } from '../migrations/find-phase';
import { COMMAND_LIMIT, idempotencyKey } from '../migrations/requests';
import { onlyMethods, readRequest } from '../problems';
import { json } from '../takes-body';
import { askBody, confirmBody, overridesQuery, withdrawBody } from './requests';

export interface GatesParts {
  db: Database;
  actors: Actors;
  logger: Logger;
}

/**
 * Overrides of gates by two people (R37): those there are, `{ overrides: GateOverride[] }`; asking for one, confirming it and withdrawing it, each answered with
 * `{ override: GateOverride }`. Who may is the plan's to say, so the store checks that.
 */
export function gateOverridesRouter({ db, actors, logger }: GatesParts): Router {
  const people = allow(actors, PEOPLE);
  const router = Router();
  const answer = (response: Response, migration: string, override: GateOverride, what: string): void => {
    logger.info({ migration, actor: actorOf(response).id, override: override.id }, `an override of a gate was ${what}`);
    response.json({ override });
  };
  router
    .route('/v1/migrations/:migration/gate-overrides')
    .get(people, async (request, response) => {
      const { phase, all } = readRequest(overridesQuery, request.query);
      const { id } = await findMigration(db, request.params.migration);
      const named = phase === undefined ? undefined : await findPhase(db, { migration: id, phase });
      const of = { migration: id, ...(named !== undefined && { phase: named.phase.id }), standing: all !== 'true' };
      response.json({ overrides: await listOverrides(db, of) });
    })
    .all(onlyMethods('GET'));
  router
    .route('/v1/migrations/:migration/phases/:phase/gates/:gate/override')
    .post(people, ...json(COMMAND_LIMIT), async (request, response) => {
      const { cohort, reason, ...seen } = readRequest(askBody, request.body ?? {});
      const { migration, phase } = await findPhase(db, { ...request.params, cohort });
      const { gate } = request.params;
      // Whatever no gate can be called never reaches the database.
      if (!identifier.safeParse(gate).success) throw new UnknownGate(phase.gates);
      const of = { phase: phase.id, cohort, gate, seen, reason };
      const override = await askOverride(db, actOf(request, response, migration.id), of);
      answer(response, migration.id, override, 'asked for');
    })
    .all(onlyMethods('POST'));
  router
    .route('/v1/migrations/:migration/gate-overrides/:override/confirm')
    .post(people, ...json(COMMAND_LIMIT), async (request, response) => {
      const seen = readRequest(confirmBody, request.body ?? {});
      const { id } = await findMigration(db, request.params.migration);
      const override = numberOf(request.params.override);
      answer(response, id, await confirmOverride(db, actOf(request, response, id), { override, seen }), 'confirmed');
    })
    .all(onlyMethods('POST'));
  router
    .route('/v1/migrations/:migration/gate-overrides/:override/withdraw')
    .post(people, ...json(COMMAND_LIMIT), async (request, response) => {
      const { reason } = readRequest(withdrawBody, request.body ?? {});
      const { id } = await findMigration(db, request.params.migration);
      const override = numberOf(request.params.override);
      answer(response, id, await withdrawOverride(db, actOf(request, response, id), { override, reason }), 'withdrawn');
    })
    .all(onlyMethods('POST'));
  return router;
}

function actOf(request: Pick<Request, 'headers'>, response: Response, migration: string): OverrideAct {
  const key = readRequest(idempotencyKey, request.headers['idempotency-key']);
  return { migration, actor: actorOf(response), idempotencyKey: key };
}

/** @throws UnknownGateOverride */
function numberOf(text: string): string {
  if (!/^\d{1,18}$/.test(text)) throw new UnknownGateOverride();
  return text;
}
