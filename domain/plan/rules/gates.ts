import { builtInGate } from '../../journey-kinds/built-in-gates';
import { quoteName } from '../plan-problem';
import { DeclaredNames } from './declared-names';
import { readable, type Rule } from './rule';

/** A gate is decided on a handoff of its own phase. */
export const gateHandoffs: Rule = function* ({ phases, handoffs }, names) {
  const phaseOf = new Map([...readable(handoffs)].map(([, handoff]) => [handoff.id, handoff.phase]));
  for (const [phaseIndex, phase] of readable(phases)) {
    for (const [index, { builtIn, handoff }] of readable(phase.gates)) {
      const path = ['phases', phaseIndex, 'gates', index, 'handoff'];
      // Of one that is built in, what it is measured on is said by a rule of its own.
      if (handoff !== builtInGate(builtIn)?.handoff) yield* names.handoffs.check(handoff, path);
      const other = handoff === undefined ? undefined : phaseOf.get(handoff);
      if (
        handoff === undefined ||
        other === undefined ||
        phase.id === undefined ||
        other === phase.id ||
        !names.phases.has(other)
      )
        continue;
      yield {
        code: 'WH601',
        path,
        message: `${quoteName(handoff)} belongs to the phase ${quoteName(other)}. Name a handoff of this phase.`,
      };
    }
  }
};

/** A gate whose limit nothing can cross is none. */
export const gatesCanCross: Rule = function* ({ phases }) {
  for (const [phaseIndex, phase] of readable(phases)) {
    for (const [index, { rule }] of readable(phase.gates)) {
      const path = ['phases', phaseIndex, 'gates', index, 'rule'];
      if (rule?.kind === 'floor' && rule.atLeast === 0) {
        yield {
          code: 'WH602',
          path: [...path, 'atLeast'],
          message: 'No kept rate is below 0%. Write the lowest one that is acceptable.',
        };
      }
      if (rule?.kind === 'comparison' && rule.margin === 1) {
        yield {
          code: 'WH602',
          path: [...path, 'margin'],
          message: 'Nothing is more than 100% under legacy. Write the widest margin that is acceptable.',
        };
      }
    }
  }
};

/** R36: what happens when a limit is crossed is agreed before launch: each gate has exactly one rollback rule. */
export const oneRollbackRuleAGate: Rule = function* ({ phases, rollbackRules }, names) {
  const answered = new Map<string, string>();
  for (const [index, rule] of readable(rollbackRules)) {
    const path = ['rollbackRules', index];
    yield* names.phases.check(rule.phase, [...path, 'phase']);
    if (rule.phase === undefined || rule.gate === undefined) continue;
    const [, phase] = [...readable(phases)].find(([, { id }]) => id === rule.phase) ?? [];
    const gates = phase?.gates?.map((gate) => gate?.id);
    yield* new DeclaredNames('WH208', `gate in the phase ${quoteName(rule.phase)} called`, 'gates', gates).check(
      rule.gate,
      [...path, 'gate'],
    );
    const key = `${rule.phase} ${rule.gate}`;
    const earlier = answered.get(key);
    if (earlier !== undefined) {
      yield {
        code: 'WH603',
        path: [...path, 'gate'],
        message: `The rule ${quoteName(earlier)} answers this gate already. Each gate has exactly one.`,
      };
    }
    answered.set(key, rule.id ?? '');
  }
  // A rule that could not be read may be the one that is looked for.
  if (rollbackRules === undefined || rollbackRules.some((rule) => rule?.phase === undefined || rule.gate === undefined))
    return;
  for (const [phaseIndex, phase] of readable(phases)) {
    for (const [index, gate] of readable(phase.gates)) {
      if (phase.id === undefined || gate.id === undefined || answered.has(`${phase.id} ${gate.id}`)) continue;
      yield {
        code: 'WH604',
        path: ['phases', phaseIndex, 'gates', index],
        message: `No rollback rule answers the gate ${quoteName(gate.id)}. Add one under 'rollbackRules'.`,
      };
    }
  }
};
