import { parentPort } from 'node:worker_threads';
import { BadPlan } from '../../domain/plan/bad-plan';
import { loadPlan, type LoadedPlan } from '../../domain/plan/load-plan';
import { shippedTemplates } from '../../platform/shipped-templates';

/** A plan to judge. */
export interface PlanToJudge {
  /** YAML, or JSON. */
  text: string;
  /** The moment that waivers are judged at, in milliseconds. */
  judgedAt: number;
}

/** What a plan came to. An error's class does not pass from thread to thread, so what a BadPlan is made of does. */
export type JudgedPlan = { good: LoadedPlan } | { bad: Pick<BadPlan, 'problems' | 'warnings' | 'waived'> };

// What nobody foresaw is thrown: it ends the thread, and PlanThread hears of it.
parentPort?.on('message', (plan: PlanToJudge) => {
  parentPort?.postMessage(judge(plan));
});

function judge({ text, judgedAt }: PlanToJudge): JudgedPlan {
  try {
    return { good: loadPlan(text, judgedAt, shippedTemplates()) };
  } catch (error) {
    if (!(error instanceof BadPlan)) throw error;
    const { problems, warnings, waived } = error;
    return { bad: { problems, warnings, waived } };
  }
}
