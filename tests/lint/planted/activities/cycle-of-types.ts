import type { Second } from './cycle-of-types-second';

export interface First {
  second: Second;
}
