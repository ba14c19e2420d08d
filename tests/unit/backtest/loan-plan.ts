import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadPlan } from '../../../domain/plan/load-plan';

export const LOAN_PLAN_FILE = join(__dirname, '..', '..', '..', 'examples', 'loan-funnel.yaml');
export const { plan: loanPlan, hash: loanPlanHash } = loadPlan(readFileSync(LOAN_PLAN_FILE, 'utf8'));

/** Of the plan: started by this, ended by that within eight hours, unless declined. */
export const WORK_LIST = 'preaccepted-to-work-list';
export const START = 'A_PREACCEPTED.COMPLETE';
export const END = 'W_Completeren-aanvraag.SCHEDULE';
export const DECLINED = 'A_DECLINED.COMPLETE';
/** Starts, ends and releases nothing of the handoff. */
export const OTHER = 'A_APPROVED.COMPLETE';
export const HOUR = 3_600_000;
export const DEADLINE = 8 * HOUR;
