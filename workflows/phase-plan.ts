import { defineSignal, setHandler, workflowInfo } from '@temporalio/workflow';
import { sealHolds } from '../domain/phase/check-seal';
import type { Seal } from '../domain/phase/commands';
import type { PhaseRules } from '../domain/phase/phase-rules';
import { whyNotTaken } from '../domain/phase/why-not-taken';
import type { CohortRunner } from './cohort-runner';
import { reportToMigration } from './report-to-migration';

/** Another version of the plan, as a migration gives it to its phase under way. */
export interface TakePlan {
  seal: Seal;
  answerTo: string;
  rules: PhaseRules;
}

export const takePlan = defineSignal<[TakePlan]>('takePlan');

/**
 * Takes another version of the plan in: every cohort of the phase, or none, where one of them cannot. It is decided in one go, so that no cohort
 * comes to a next step between the asking and the answer. Called before the workflow's first await.
 */
export function handleNewPlans(cohorts: readonly CohortRunner[], onTaken: (newer: PhaseRules) => void): void {
  const { workflowId } = workflowInfo();
  const seen = new Set<string>();
  setHandler(takePlan, async (given: TakePlan) => {
    // Whatever was not sent by the migration itself is no plan; a signal never throws.
    const known = given as (TakePlan & { unverified?: boolean }) | null | undefined;
    if (known === null || known === undefined || known.unverified === true) return;
    if (!sealHolds(known, 'takePlan', workflowId, seen)) return;
    seen.add(given.seal.nonce);
    const { rules, answerTo } = given;
    const [refusal] = cohorts.flatMap((cohort) => whyNotTaken(cohort.run, cohort.goesBy, rules) ?? []);
    if (refusal === undefined) {
      onTaken(rules);
      for (const cohort of cohorts) cohort.changePlan(rules);
      await Promise.all(cohorts.map((cohort) => cohort.written()));
    }
    await reportToMigration({ kind: 'tookPlan', answerTo, ...(refusal !== undefined && { refusal }) });
  });
}
