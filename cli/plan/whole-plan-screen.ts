import { stringify } from 'yaml';
import type { Plan, PlanDocument } from '../../domain/plan/plan-schema';
import { planDocument } from '../rehearse/cut/plan-document';

/** The plan as it would be written with nothing left out. Read again it has the same hash. */
export function wholePlan(plan: Plan): PlanDocument {
  return JSON.parse(planDocument(plan)) as PlanDocument;
}

/** The same as YAML, to save and lint; the hash stands above it as a comment. */
export function wholePlanScreen(plan: Plan, hash: string): string {
  return `# Everything written out, defaults included. hash ${hash}\n${stringify(wholePlan(plan), { lineWidth: 120 })}`;
}
