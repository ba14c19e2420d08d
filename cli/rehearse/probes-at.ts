import { loadPlan } from '../../domain/plan/load-plan';
import { planDocument } from './cut/plan-document';
import type { RehearsalSetup } from './rehearsal-setup';
import type { RehearsalSystem } from './rehearsal-system';
import { SandboxClient } from './sandbox-client';
import { withProbesAt } from './with-probes-at';
import { shippedTemplates } from '../../platform/shipped-templates';

/** The same rehearsal, its plan's probes looking at the pages of the sandbox that it is played in: it never asks anybody's real site. */
export async function probesAt(
  setup: RehearsalSetup,
  system: RehearsalSystem,
  signal: AbortSignal,
): Promise<RehearsalSetup> {
  if (setup.plan.phases.every(({ probes }) => probes.length === 0)) return setup;
  const { stacks } = await new SandboxClient(system.sandboxUrl, signal).state();
  const { plan: there, probes } = withProbesAt(setup.plan, { legacy: stacks.legacy.url, target: stacks.target.url });
  if (probes.length === 0) return setup;
  const planText = planDocument(there);
  const { plan, hash: planHash } = loadPlan(planText, Date.now(), shippedTemplates());
  return { ...setup, planText, plan, planHash, probes };
}
