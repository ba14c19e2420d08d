import type { Role } from '../plan/journey';

/** Who gave a command. `verified` is true only where the API checked a credential; a plain Temporal signal is never verified. */
export interface Actor {
  id: string;
  roles: readonly Role[];
  verified: boolean;
}
