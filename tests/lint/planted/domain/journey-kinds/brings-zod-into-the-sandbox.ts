import { z } from 'zod'; // planted: boundaries/dependencies
import { readPlan } from '../plan/plan'; // planted: boundaries/dependencies

export const heavy = [z, readPlan];
