import { first } from './cycle-of-values';

export const second = (): number => first();
