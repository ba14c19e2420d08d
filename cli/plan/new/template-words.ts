import { flow } from './flow';
import type { TemplateParts } from './template-parts';

type Phases = TemplateParts['phases'];

/** What a rule of the template does by itself, and when, on one line: whoever agrees to it reads what it is. */
export function ruleWords({ gate, action }: TemplateParts['rollbackRules'][number], phases: Phases): string {
  const found = phases.flatMap(({ gates = [] }) => gates).find(({ id }) => id === gate);
  const when = found === undefined ? '' : ` of ${found.handoff}: ${fieldWords(found.rule)}`;
  return oneLine(`${gate}${when} -> ${fieldWords(action)}`);
}

/** A limit that people watch. Whose capacity it is about stands in the plan, not in the template. */
export function limitWords({
  measure,
  limit: { team: _, ...limit },
  minimumOutcomes,
  action,
}: TemplateParts['declaredGates'][number]): string {
  const bound = fieldWords({ ...limit, ...(minimumOutcomes !== undefined && { minimumOutcomes }) });
  return oneLine(`${measure.replace(/\.$/, '')}: ${bound} -> ${fieldWords(action)}`);
}

export function queueRuleWords({ id: _, action, ...when }: TemplateParts['queueRules'][number]): string {
  return oneLine(`${fieldWords(when)} -> ${fieldWords(action)}`);
}

export function taskWords({ day, at, phase, what }: TemplateParts['runbook'][number]): string {
  const when = `day ${day}${phase === undefined ? '' : ` of ${phase}`}${at === undefined ? '' : `, ${at}`}`;
  return oneLine(`${when}: ${what}`);
}

/** Fields as the plan names them, the kind by itself. */
function fieldWords(fields: object): string {
  return Object.entries(fields)
    .map(([name, value]) => (name === 'kind' ? String(value) : `${name} ${flow(value)}`))
    .join(', ');
}

function oneLine(words: string): string {
  return words.replaceAll(/\s+/g, ' ').trim();
}
