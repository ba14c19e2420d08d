import { readFileSync } from 'node:fs'; // planted: boundaries/dependencies
import { createHash } from 'node:crypto'; // planted: boundaries/dependencies
import { Context } from '@temporalio/activity'; // planted: boundaries/dependencies
import { Pool } from 'pg'; // planted: boundaries/dependencies
import { z } from 'zod'; // planted: boundaries/dependencies
import type { ZodType } from 'zod'; // planted: boundaries/dependencies
import { send } from '../activities/sender'; // planted: boundaries/dependencies
import { readPlan } from '../domain/plan/plan'; // planted: boundaries/dependencies
import { logLine } from '../platform/log-line'; // planted: boundaries/dependencies
import { runStatement } from '../store/statement'; // planted: boundaries/dependencies

export type Schema = ZodType;
export const heavy = [readFileSync, createHash, Context, Pool, z, send, readPlan, logLine, runStatement];
