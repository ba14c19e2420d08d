import { z } from 'zod';
import { STAGES } from '../journey';
import { decided, list, phaseIdentifier, reason } from './values';

const stageName = z.enum(STAGES).describe('Which of the seven stages; each stands in the journey once.');

/** One stage of the patient's journey (R3): systems hang off stages, never the other way round. */
export const stageSchema = z.union([
  z
    .strictObject({
      stage: stageName,
      systems: list(decided).describe('The systems that serve patients in this stage, on both sides.'),
      phase: phaseIdentifier
        .optional()
        .describe('The phase that moves this stage; where no phase does, its systems stay as they are.'),
    })
    .describe('A stage with its systems.'),
  z
    .strictObject({
      stage: stageName,
      notApplicable: reason.describe('Why patients of this company have no such stage.'),
    })
    .describe('A stage that there is not.'),
]);
