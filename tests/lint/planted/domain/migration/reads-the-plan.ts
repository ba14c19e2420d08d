import { readPlan } from '../plan/plan'; // planted: boundaries/dependencies

export const heavy = readPlan;
