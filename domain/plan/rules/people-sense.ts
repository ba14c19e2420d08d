import { formatDuration } from '../../time/duration';
import { quoteName } from '../plan-problem';
import { rampsOf } from './ramps-of';
import { readable, type Rule } from './rule';

const HALF_AN_HOUR = 30 * 60_000;
const WEEK = 7 * 86_400_000;

/** R48: where a limit of safety may be crossed, a clinician has a say in the start and in the commit. */
export const cliniciansApprove: Rule = function* ({ phases }) {
  for (const [index, { gates, approvals }] of readable(phases)) {
    if (![...readable(gates)].some(([, { severity }]) => severity === 'safety')) continue;
    for (const decision of ['goNoGo', 'commit'] as const) {
      const roles = approvals?.[decision]?.roles;
      if (roles === undefined || roles.includes(undefined) || roles.includes('clinical-lead')) continue;
      yield {
        code: 'WH642',
        path: ['phases', index, 'approvals', decision],
        message: "This phase has a gate of safety, and no clinician may approve it. Add 'clinical-lead' to the roles.",
      };
    }
  }
};

/** A decision that nobody takes is asked for again in time. */
export const decisionsAskedAgain: Rule = function* ({ phases }) {
  for (const [index, phase] of readable(phases)) {
    const path = ['phases', index];
    const { goNoGo, goOn, commit } = phase.approvals ?? {};
    const asked = [
      { approval: goNoGo, at: [...path, 'approvals', 'goNoGo'] },
      { approval: goOn, at: [...path, 'approvals', 'goOn'] },
      { approval: commit, at: [...path, 'approvals', 'commit'] },
      ...[...rampsOf(phase, path)].flatMap(({ ramp, path: rampPath }) =>
        [...readable(ramp)].map(([step, { approval }]) => ({ approval, at: [...rampPath, step, 'approval'] })),
      ),
    ];
    for (const { approval, at } of asked) {
      if (approval?.escalateAfter === undefined || approval.escalateAfter <= WEEK) continue;
      yield {
        code: 'WH643',
        path: [...at, 'escalateAfter'],
        message: `For ${formatDuration(approval.escalateAfter)} nobody would be reminded, with patients on both stacks. Write a week at most; hours are usual.`,
      };
    }
  }
};

/** R30: a queue that is due within minutes belongs to a team that says how it is reached. */
export const urgentTeamsReached: Rule = function* ({ queues, owners }) {
  const unreached = new Set(
    [...readable(owners)].flatMap(([, owner]) => (Object.hasOwn(owner, 'reach') ? [] : [owner.id])),
  );
  for (const [index, { owner, sla }] of readable(queues)) {
    if (owner === undefined || sla === undefined || sla >= HALF_AN_HOUR || !unreached.has(owner)) continue;
    yield {
      code: 'WH771',
      path: ['queues', index, 'owner'],
      message: `A case is due in ${formatDuration(sla)}, and nothing says how ${quoteName(owner)} is reached, at night least of all. Add the team's 'reach', or give the queue to one that has it.`,
    };
  }
};

/** R47: where people are counted by an attribute, no value of it is left out. */
export const coverageLeavesNobodyOut: Rule = function* ({ coverage, attributes }) {
  for (const [index, { phase, each, when }] of readable(coverage)) {
    for (const [, name] of readable(each)) {
      const values = attributes !== undefined && Object.hasOwn(attributes, name) ? attributes[name] : undefined;
      if (values === undefined || when === undefined || !Object.hasOwn(when, name)) continue;
      const rows = [...readable(coverage)].filter(([, row]) => row.phase === phase);
      const left = values.find(
        (value) =>
          value !== undefined &&
          !rows.some(([, row]) => {
            const asked = Object.hasOwn(row.when ?? {}, name) ? row.when?.[name] : values;
            return asked === undefined || asked.includes(value) || asked.includes(undefined);
          }),
      );
      if (left === undefined) continue;
      yield {
        code: 'WH772',
        path: ['coverage', index, 'when', name],
        message: `Nobody is asked for where ${quoteName(name)} is ${quoteName(left)}. Add it, or a row for it; leave ${quoteName(name)} out of 'when' where all of them count.`,
      };
    }
  }
};

/** R47: what a provider must have in common with a patient is what providers are counted by. */
export const coverageByWhatMatters: Rule = function* ({ coverage, attributes, handoffs }) {
  for (const [, { phase, endPhase = phase, must }] of readable(handoffs)) {
    for (const [, condition] of readable(must)) {
      if (!('equalsStart' in condition) || condition.equalsStart === undefined) continue;
      const name = condition.equalsStart;
      if (attributes === undefined || !Object.hasOwn(attributes, name)) continue;
      const rows = [...readable(coverage)].filter(([, row]) => row.phase !== undefined && row.phase === endPhase);
      const [row] = rows;
      if (row === undefined || rows.some(([, { each }]) => each?.includes(name) === true)) continue;
      yield {
        code: 'WH773',
        path: ['coverage', row[0], 'each'],
        message: `A patient must get somebody with the same ${quoteName(name)} (${quoteName(condition.id ?? '')}), and these are counted over all of them. Add ${quoteName(name)}.`,
      };
    }
  }
};

/** R39: people say go or no-go before the first step. */
export const goBeforeFirstStep: Rule = function* ({ runbook }) {
  for (const [index, { id, day, what }] of readable(runbook)) {
    if (id === undefined || day === undefined || day <= 0) continue;
    if (!/\bgo[ -]?(or )?no[ -]?go\b/i.test(`${id} ${what ?? ''}`)) continue;
    yield {
      code: 'WH774',
      path: ['runbook', index, 'day'],
      message: 'Day 0 is the first step, and this asks whether to take it. Write 0 or a day before.',
    };
  }
};

/** R48: nothing goes on at night. */
export const nothingAtNight: Rule = function* ({ advance, phases, calendars }) {
  const named = new Set([advance?.calendar, ...[...readable(phases)].map(([, { calendar }]) => calendar)]);
  for (const [index, { id, open }] of readable(calendars)) {
    if (id === undefined || !named.has(id)) continue;
    for (const [at, { from, to }] of readable(open)) {
      if (from === undefined || to === undefined || (from >= '06:00' && to > from && to <= '22:00')) continue;
      yield {
        code: 'WH775',
        path: ['calendars', index, 'open', at],
        message:
          'By this calendar patients move at night, when nobody is there who sees them fail. Write hours between 06:00 and 22:00; going back waits for no calendar (R48).',
      };
    }
  }
};
