import { z } from 'zod';
import { journeyCaseSchema, type JourneyCase } from '../../journey/journey-case';
import { readBody } from '../../sandbox-failure';

const bodySchema = z.strictObject({ who: journeyCaseSchema });

/** Whom a patient's request is about. @throws BadSandboxRequest */
export function readCase(body: unknown): JourneyCase {
  return readBody(bodySchema, body).who;
}
