import { Router } from 'express';
import { UnknownGate } from '../../domain/gates/gate-override-failures';
import type { GatesOfPhase } from '../../domain/status/gates-of-phase';
import { readGatesOfPhase } from '../../store/gates-of-phase';
import { allow, READERS } from '../access';
import { findPhase } from '../migrations/find-phase';
import { onlyMethods, readRequest } from '../problems';
import type { GatesParts } from './gate-overrides-router';
import { gatesQuery } from './requests';

/** Why each gate of a phase says what it says (R37): the agreed text, who signed it, the evidence, and what it did. A GatesOfPhase. */
export function gatesRouter({ db, actors }: Pick<GatesParts, 'db' | 'actors'>): Router {
  const router = Router();
  router
    .route('/v1/migrations/:migration/phases/:phase/gates')
    .get(allow(actors, READERS), async (request, response) => {
      const { cohort, gate } = readRequest(gatesQuery, request.query);
      const { migration, phase } = await findPhase(db, { ...request.params, cohort });
      const answer: GatesOfPhase = await readGatesOfPhase(db, {
        migration: migration.id,
        phase: phase.id,
        cohort,
        gate,
      });
      if (answer.gates.length === 0 && gate !== undefined) throw new UnknownGate(phase.gates);
      response.json(answer);
    })
    .all(onlyMethods('GET'));
  return router;
}
