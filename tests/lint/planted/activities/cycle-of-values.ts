import { second } from './cycle-of-values-second';

export const first = (): number => second();
