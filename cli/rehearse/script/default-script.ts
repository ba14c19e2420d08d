import type { Plan } from '../../../domain/plan/plan-schema';
import { handoffsThatRollBack, type WantedFault } from '../planted-fault';
import type { CutLimits, CutOrder } from '../cut/cut-plan';
import { SCRIPT_VERSION, scriptSchema, type Script } from './script-schema';

/** What a rehearsal of whole journeys cuts times to, where its script says nothing else. */
const DEFAULT_LIMITS: CutLimits = {
  watch: 2_000,
  soak: 2_000,
  dwell: 1_000,
  hold: 60_000,
  escalateAfter: 60_000,
  latenessAtLeast: 3_000,
  minimumOutcomes: 2,
  perDay: 5,
};

/** What a script cuts times to: its own limits, and the usual ones where it says none. */
export function limitsOf({ cut }: Script): CutOrder {
  return {
    watch: cut.watch ?? DEFAULT_LIMITS.watch,
    soak: cut.soak ?? DEFAULT_LIMITS.soak,
    dwell: cut.dwell ?? DEFAULT_LIMITS.dwell,
    hold: cut.hold ?? DEFAULT_LIMITS.hold,
    escalateAfter: cut.escalateAfter ?? DEFAULT_LIMITS.escalateAfter,
    ...(cut.within !== undefined && { within: cut.within }),
    latenessAtLeast: cut.latenessAtLeast ?? DEFAULT_LIMITS.latenessAtLeast,
    perDay: cut.perDay ?? DEFAULT_LIMITS.perDay,
    minimumOutcomes: cut.minimumOutcomes ?? DEFAULT_LIMITS.minimumOutcomes,
    phases: cut.phases,
  };
}

/** A day of the plan in 24 seconds. */
const TIME_SCALE = 3_600;

/** Where no script is given: a break at the second step of the phase that `--fault` is for, and nothing else. */
export function defaultScript(plan: Plan, wanted: { phase: string; fault: WantedFault } | undefined): Script {
  const scenes =
    wanted === undefined
      ? []
      : [
          {
            id: 'break',
            kind: 'break',
            at: { phase: wanted.phase, step: 2 },
            handoff: wanted.fault.handoff,
            how: wanted.fault.kind,
          },
        ];
  return scriptSchema.parse({ apiVersion: SCRIPT_VERSION, plan: plan.migration, timeScale: TIME_SCALE, scenes });
}

/** The phase that breaks unless somebody says another: payment's, else the first in which a gate rolls back. */
export function phaseToBreak(plan: Plan): string | undefined {
  const able = plan.phases.filter(({ id }) => handoffsThatRollBack(plan, id).length > 0);
  return (able.find(({ kind }) => kind === 'payment') ?? able[0])?.id;
}
