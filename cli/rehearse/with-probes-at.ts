import type { Plan } from '../../domain/plan/plan-schema';

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
