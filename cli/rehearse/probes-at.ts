import { loadPlan } from '../../domain/plan/load-plan';
import type { Plan } from '../../domain/plan/plan-schema';
import { planDocument } from './cut/plan-document';
import type { RehearsalSetup } from './rehearsal-setup';
import type { RehearsalSystem } from './rehearsal-system';
import { SandboxClient } from './sandbox-client';

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
  const { plan, hash: planHash } = loadPlan(planText);
  return { ...setup, planText, plan, planHash, probes };
}

/** A probe that looks elsewhere than the plan says. */
export interface MovedProbe {
  phase: string;
  probe: string;
  from: string;
  to: string;
}

/** Puts another origin into each probe's address; path and query stay. */
export function withProbesAt(
  plan: Plan,
  origins: Readonly<Record<'legacy' | 'target', string>>,
): { plan: Plan; probes: MovedProbe[] } {
  const moved: MovedProbe[] = [];
  const phases = plan.phases.map((phase) => ({
    ...phase,
    probes: phase.probes.map((probe) => {
      const { pathname, search } = new URL(probe.url);
      const url = new URL(`${pathname}${search}`, origins[probe.side]).href;
      if (url !== probe.url) moved.push({ phase: phase.id, probe: probe.id, from: probe.url, to: url });
      return { ...probe, url };
    }),
  }));
  return { plan: { ...plan, phases }, probes: moved };
}
