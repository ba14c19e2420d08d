import fc from 'fast-check';
import { loadPlan } from '../../../../domain/plan/load-plan';
import type { Plan, PlanPhase } from '../../../../domain/plan/plan-schema';
import { TELEHEALTH } from '../plan-texts';

const { plan: telehealth } = loadPlan(TELEHEALTH);

/** Text that would be markup, a directive, a formula or the end of something wherever it is not encoded. */
export const HOSTILE = [
  '"] --> x; click n1 "javascript:alert(1)"',
  '<script>alert(1)</script><img src=x onerror=alert(1)>',
  '%%{init: {"securityLevel": "loose"}}%%',
  'end\nsubgraph x',
  '`code` **bold** _it_ ~~no~~ [link](https://example.com) ![x](y) | cell | # heading',
  '1. a list\n- another',
  '\\N \\G \\" \\\\ &lt; &#60; #quot; #35; ;',
  '=HYPERLINK("https://example.com")',
  '+1',
  '-2+3',
  '@SUM(A1)',
  '\t=1',
  ']]> --> <!-- ${x} {{x}} :::class',
  'Ünïcödé → 日本語 😀👩‍⚕️',
] as const;

/** Any character; fast-check's own units of more than ASCII take seconds to set up. */
export const anyCharacter = fc
  .oneof(
    fc.integer({ min: 0, max: 0x2ff }),
    fc.integer({ min: 0, max: 0xd7ff }),
    fc.integer({ min: 0xe000, max: 0x10ffff }),
  )
  .map((point) => String.fromCodePoint(point));

const anyText = fc.oneof(fc.constantFrom(...HOSTILE), fc.string({ unit: anyCharacter, minLength: 1, maxLength: 80 }));

/** One of what a plan has, as the plan's schema lets text through: trimmed, and never empty. */
const planText = anyText.map((text) => text.replace(/[^\P{Cc}\n\t]/gu, '').trim() || 'x');

/** Plans as no lint has seen them, with everything in another place and hostile text in every field that takes text. */
export const anyPlan: fc.Arbitrary<Plan> = fc
  .record({
    phases: fc.shuffledSubarray(telehealth.phases, { minLength: 1 }),
    handoffs: fc.subarray(telehealth.handoffs, { minLength: 1 }),
    at: fc.array(fc.nat(), { minLength: 60, maxLength: 60 }),
    texts: fc.array(planText, { minLength: 12, maxLength: 12 }),
    journey: fc.boolean(),
    ownership: fc.boolean(),
    people: fc.boolean(),
  })
  .map(({ phases, handoffs, at, texts, journey, ownership, people }) => {
    const say = (index: number): string => texts[index % texts.length] ?? 'x';
    const pick = (index: number): string => phases[(at[index % at.length] ?? 0) % phases.length]?.id ?? '';
    const ids = new Set(phases.map(({ id }) => id));
    const { journey: stages, ownership: matrix, coverage, runbook, declaredGates, ...rest } = telehealth;
    return {
      ...rest,
      title: say(0),
      systems: rest.systems.map((system, index) =>
        (at[index + 20] ?? 0) % 4 === 0 ? { ...system, side: 'shared' } : system,
      ),
      owners: rest.owners.map((team, index) => ({ ...team, title: say(index) })),
      stackMap: rest.stackMap.map((row, index) =>
        (at[index] ?? 0) % 5 === 0 ? { layer: row.layer, notApplicable: say(index) } : row,
      ),
      ...(journey && {
        journey: (stages ?? []).map((row, index) =>
          (at[index + 10] ?? 0) % 6 === 0
            ? { stage: row.stage, notApplicable: say(index) }
            : { ...row, phase: pick(index) },
        ),
      }),
      ...(ownership && { ownership: (matrix ?? []).map((row, index) => ({ ...row, handedOverBy: pick(index) })) }),
      ...(people && {
        coverage: (coverage ?? []).map((row, index) => ({ ...row, phase: pick(index), ready: say(index) })),
        runbook: (runbook ?? []).map((row, index) => ({ ...row, what: say(index), evidence: say(index + 1) })),
      }),
      phases: phases.map((phase, index) => withTexts(phase, say(index))),
      handoffs: handoffs.map((handoff, index) => ({ ...handoff, phase: pick(index), endPhase: pick(index + 30) })),
      rollbackRules: rest.rollbackRules.filter(({ phase }) => ids.has(phase)),
      declaredGates: (declaredGates ?? []).map(({ phases: _, ...gate }, index) => ({
        ...gate,
        measure: say(index),
        ...((at[index] ?? 0) % 2 === 0 && { phases: [pick(index)] }),
      })),
      queues: rest.queues.map((queue, index) => ({ ...queue, path: [say(index), say(index + 1)] })),
    };
  });

function withTexts(phase: PlanPhase, text: string): PlanPhase {
  return {
    ...phase,
    cohorts: phase.cohorts.map((cohort) => ({
      ...cohort,
      ...(cohort.staysOnLegacy !== undefined && { staysOnLegacy: text }),
    })),
    irreversible: phase.irreversible.map((effect) => ({ ...effect, undo: text })),
    ...(phase.waves !== undefined && { waves: { ...phase.waves, notice: text } }),
  };
}
