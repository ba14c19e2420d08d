import type { First } from './cycle-of-types';

export interface Second {
  first: First;
}
