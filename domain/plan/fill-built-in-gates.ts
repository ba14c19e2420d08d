import { builtInGate, type BuiltInGate, type HandoffAsWritten } from '../journey-kinds/built-in-gates';
import type { FilledPart } from './filled-part';
import { SEVERITIES, type Severity } from './journey';
import { quoteName, type PlanPath } from './plan-problem';
import { isMapOfNames } from './schema-walk';

type Names = Record<string, unknown>;

/** What is read of the plan to fill in its gates. */
export interface AroundGates {
  handoffs: readonly unknown[];
  queues: readonly unknown[];
}

/**
 * Gates of a phase as written, each that is built in with what it leaves out. Where the phase has no handoff for one, it is filled in by the usual name, which lint then finds
 * missing.
 */
export function fillBuiltInGates(
  phase: Names,
  path: PlanPath,
  { handoffs, queues }: AroundGates,
): { gates: unknown; parts: FilledPart[] } {
  const { gates, id } = phase;
  if (!Array.isArray(gates)) return { gates, parts: [] };
  const own = handoffs.filter((handoff): handoff is Names => isMapOfNames(handoff) && handoff['phase'] === id);
  const parts: FilledPart[] = [];
  const filled = gates.map((gate: unknown, index) => {
    const builtIn = isMapOfNames(gate) ? builtInGate(gate['builtIn']) : undefined;
    if (builtIn === undefined) return gate;
    const from = [...path, 'gates', index];
    const whole = wholeGate(gate as Names, builtIn, own, queues);
    const names = Object.keys(whole).filter((name) => !Object.hasOwn(gate as Names, name));
    for (const name of names) {
      parts.push({ path: [...from, name], from, what: wordsOf(name, whole[name]) });
    }
    return whole;
  });
  return { gates: filled, parts };
}

function wholeGate(gate: Names, builtIn: BuiltInGate, handoffs: readonly Names[], queues: readonly unknown[]): Names {
  const handoffId = Object.hasOwn(gate, 'handoff') ? gate['handoff'] : handoffFor(builtIn, handoffs);
  const handoff = handoffs.find(({ id }) => id === handoffId);
  return {
    id: gate['builtIn'],
    handoff: handoffId,
    severity: moreSevere(builtIn.severity, handoff),
    rule: builtIn.rule(handoff ?? {}, ownerOf(handoff, queues)),
    ...gate,
  };
}

/** The one of its usual name, or the first that is alike: of several, which was meant is for the plan to say. */
function handoffFor({ handoff: usual, isOn }: BuiltInGate, handoffs: readonly Names[]): unknown {
  return handoffs.find(({ id }) => id === usual)?.['id'] ?? handoffs.find((handoff) => isOn(handoff))?.['id'] ?? usual;
}

function ownerOf(handoff: HandoffAsWritten | undefined, queues: readonly unknown[]): string | undefined {
  const queue = queues.find((one) => isMapOfNames(one) && one['id'] === handoff?.['queue']);
  const owner = isMapOfNames(queue) ? queue['owner'] : undefined;
  return typeof owner === 'string' ? owner : undefined;
}

/** A gate costs patients at least what one miss of its handoff costs. */
function moreSevere(severity: Severity, handoff: HandoffAsWritten | undefined): Severity {
  return SEVERITIES.find((one) => one === severity || one === handoff?.['severity']) ?? severity;
}

function wordsOf(name: string, value: unknown): string {
  if (name === 'rule' && isMapOfNames(value)) {
    const said = Object.entries(value).map(([field, of]) => `${field}: ${String(of)}`);
    return `the rule { ${said.join(', ')} }`;
  }
  return `${name === 'id' ? 'the name' : `the ${name}`} ${quoteName(String(value))}`;
}
