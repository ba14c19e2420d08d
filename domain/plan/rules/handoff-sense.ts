import { formatDuration } from '../../time/duration';
import { quoteName } from '../plan-problem';
import { readable, type Rule } from './rule';

/** I6: what releases a handoff, or lets its clock run on, can come after its start. */
export const eventsStillCome: Rule = function* ({ handoffs }, { order }) {
  for (const [index, { start, unless, pausedWhile }] of readable(handoffs)) {
    if (start === undefined) continue;
    for (const [at, type] of readable(unless)) {
      if (type === start || !order.isBefore(type, start)) continue;
      yield {
        code: 'WH421',
        path: ['handoffs', index, 'unless', at],
        message: `${quoteName(type)} comes before ${quoteName(start)} in this plan, so only a late one would release it, and wrongly. Name what can still happen, or remove it.`,
      };
    }
    for (const [at, { until }] of readable(pausedWhile)) {
      if (until === undefined || until === start || !order.isBefore(until, start)) continue;
      yield {
        code: 'WH423',
        path: ['handoffs', index, 'pausedWhile', at, 'until'],
        message: `${quoteName(until)} comes before ${quoteName(start)} in this plan, so the clock would never run on. Name the event that ends the wait.`,
      };
    }
  }
};

/** One miss opens one case: the same start and ends make one handoff. */
export const handoffsDiffer: Rule = function* ({ handoffs }) {
  const seen = new Map<string, string>();
  for (const [index, { id, phase, endPhase = phase, start, end, must, forEach }] of readable(handoffs)) {
    if (id === undefined || start === undefined || end === undefined || end.includes(undefined)) continue;
    const ends = end.filter((type) => type !== undefined).sort();
    const key = JSON.stringify([phase, endPhase, start, ends, must, forEach]);
    const other = seen.get(key);
    if (other === undefined) seen.set(key, id);
    else
      yield {
        code: 'WH422',
        path: ['handoffs', index, 'id'],
        message: `${quoteName(other)} has the same start and the same ends, so whoever is missed has two cases. Keep one, or say with 'must' how their ends differ.`,
      };
  }
};

/** R50: a condition is on fields that are always there, or who lacks them is neither right nor wrong. */
export const conditionsCanBeJudged: Rule = function* ({ handoffs, events }) {
  const fieldsOf = new Map([...readable(events)].map(([, { type, data }]) => [type, data]));
  const optional = (type: string | undefined, name: string | undefined): boolean => {
    const fields = type === undefined ? undefined : fieldsOf.get(type);
    if (fields === undefined || name === undefined || !Object.hasOwn(fields, name)) return false;
    return fields[name]?.required === false;
  };
  for (const [index, { start, end, must }] of readable(handoffs)) {
    for (const [at, condition] of readable(must)) {
      const path = ['handoffs', index, 'must', at];
      const ends = condition.end === undefined ? (end ?? []) : [condition.end];
      const vague = ends.find((type) => optional(type, condition.field));
      if (vague !== undefined) {
        yield {
          code: 'WH424',
          path: [...path, 'field'],
          message: `${quoteName(vague)} may leave ${quoteName(condition.field ?? '')} out, and such an end can be held against nothing. Write 'required: true' at the event's field.`,
        };
      }
      if (!('equalsStart' in condition) || !optional(start, condition.equalsStart)) continue;
      yield {
        code: 'WH424',
        path: [...path, 'equalsStart'],
        message: `${quoteName(start ?? '')} may leave ${quoteName(condition.equalsStart ?? '')} out, and then there is nothing to be equal to. Write 'required: true' at the event's field.`,
      };
    }
  }
};

/** R45: one start with an end for each of several means all of them. */
export const fanOutReachesAll: Rule = function* ({ handoffs, events }) {
  const fieldsOf = new Map([...readable(events)].map(([, { type, data }]) => [type, data]));
  for (const [index, { end, forEach }] of readable(handoffs)) {
    const { field, of } = forEach ?? {};
    if (field === undefined || of === undefined || of.includes(undefined)) continue;
    for (const [, type] of readable(end)) {
      const fields = fieldsOf.get(type);
      const codes = fields !== undefined && Object.hasOwn(fields, field) ? fields[field]?.codes : undefined;
      const left = codes?.find((code) => code !== undefined && !of.includes(code));
      if (left === undefined) continue;
      yield {
        code: 'WH425',
        path: ['handoffs', index, 'forEach', 'of'],
        message: `${quoteName(field)} of ${quoteName(type)} may be ${quoteName(left)} too, and this waits for no such end. Add it, or remove the code from the event.`,
      };
      break;
    }
  }
};

/** A soak, and a dwell, are over after everybody in them could be late: before that only the fast are counted. */
export const deadlinesShow: Rule = function* ({ phases, handoffs }) {
  for (const [index, { id, soak, dwell, gates }] of readable(phases)) {
    const gated = new Set([...readable(gates)].map(([, gate]) => gate.handoff));
    const deadlines = [...readable(handoffs)].flatMap(([at, { id: name = '', phase, within, severity }]) => {
      const counts = severity !== 'experience' || gated.has(name);
      return id !== undefined && phase === id && within !== undefined && counts ? [{ at, name, within }] : [];
    });
    const [longest] = [...deadlines].sort((one, other) => other.within - one.within);
    if (longest === undefined) continue;
    const late = `${quoteName(longest.name)} has ${formatDuration(longest.within)}`;
    const beyond = deadlines.filter(({ within }) => soak !== undefined && within > soak);
    if (soak !== undefined && beyond.length === 1 && deadlines.length > 2) {
      yield {
        code: 'WH426',
        path: ['handoffs', longest.at, 'within'],
        message: `The soak of ${quoteName(id ?? '')} is over after ${formatDuration(soak)}, so whoever is missed there shows after the commit. Write a shorter deadline, or a longer soak.`,
      };
    } else if (soak !== undefined && beyond.length > 0) {
      yield {
        code: 'WH426',
        path: ['phases', index, 'soak'],
        message: `${late}, so who is missed in the soak shows after the commit. Write that or longer.`,
      };
    }
    if (dwell !== undefined && dwell < longest.within && beyond.length === 0) {
      yield {
        code: 'WH427',
        path: ['phases', index, 'dwell'],
        message: `${late}, so the next phase would start before what is missed here shows. Write that or longer.`,
      };
    }
  }
};
