import { DomainError } from '../domain-error';

/** Why an override of a gate is refused, with the HTTP status. Stable, and part of the API. */
export const OVERRIDE_REFUSALS = {
  'not-a-person': 403,
  'unverified-actor': 403,
  'role-missing': 403,
  'approved-by-starter': 403,
  'confirmed-by-asker': 403,
  'clinical-lead-needed': 403,
  'gate-not-judged': 409,
  'nothing-to-override': 409,
  'stale-evidence': 409,
  'verdict-changed': 409,
  'too-late': 409,
  'override-asked': 409,
  'override-confirmed': 409,
  'override-over': 409,
} as const;

export interface OverrideRefusal {
  code: keyof typeof OVERRIDE_REFUSALS;
  message: string;
}

/** Somebody asked for an override of a gate, or confirmed one, that cannot be. */
export class OverrideRefused extends DomainError {
  readonly code: OverrideRefusal['code'];
  readonly status: number;
  constructor({ code, message }: OverrideRefusal) {
    super(message);
    this.code = code;
    this.status = OVERRIDE_REFUSALS[code];
  }
}

/** No override of a gate has this number. */
export class UnknownGateOverride extends DomainError {
  readonly code = 'unknown-gate-override';
  readonly status = 404;
  constructor() {
    super("Nobody asked for an override of this number. 'handoff gate overrides' lists those there are.");
  }
}

/** The plan that the cohort goes by has no such gate. */
export class UnknownGate extends DomainError {
  readonly code = 'unknown-gate';
  readonly status = 404;
  constructor(gates: readonly { id: string }[]) {
    super(`This phase has no such gate. It has: ${gates.map(({ id }) => id).join(', ')}.`);
  }
}
