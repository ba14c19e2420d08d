import type { Plan } from '../plan/plan';

export const KIND = { check: (plan: Plan): string => plan.migration };
