import { createHash } from 'node:crypto'; // planted: boundaries/dependencies
import { z } from 'zod'; // planted: boundaries/dependencies
import { readPlan } from '../plan/plan'; // planted: boundaries/dependencies
import { type Plan } from '../plan/plan'; // planted: boundaries/dependencies @typescript-eslint/no-import-type-side-effects

export const heavy = [createHash, z, readPlan];
export type Light = Plan;
