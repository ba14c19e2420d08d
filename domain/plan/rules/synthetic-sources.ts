import { formatDuration } from '../../time/duration';
import type { Draft } from '../draft';
import { quoteName, type Finding, type PlanPath } from '../plan-problem';
import type { GateSource } from '../plan-schema';
import { readable, type Rule } from './rule';

type Synthetic = Draft<Extract<GateSource, { kind: 'synthetic' }>>;
type Step = NonNullable<NonNullable<Synthetic['steps']>[number]>;

/** A synthetic patient can set out, is known for one, and is expected somewhere. */
export const syntheticSources: Rule = function* ({ phases, handoffs }) {
  const withinOf = new Map([...readable(handoffs)].map(([, { id, within }]) => [id, within]));
  for (const [phaseIndex, { gates }] of readable(phases)) {
    for (const [index, { source, handoff }] of readable(gates)) {
      if (source?.kind !== 'synthetic') continue;
      const path = ['phases', phaseIndex, 'gates', index, 'source'];
      yield* inTime(source, path, handoff, withinOf.get(handoff));
      for (const journey of ['steps', 'legacy'] as const) {
        yield* walkable(source[journey], [...path, journey]);
        if (source.until !== undefined) yield* askedAgain(source[journey], [...path, journey]);
      }
    }
  }
};

function* inTime(
  { every, timeout, until }: Synthetic,
  path: PlanPath,
  handoff: string | undefined,
  within: number | undefined,
): Generator<Finding> {
  if (every !== undefined && timeout !== undefined && every < timeout) {
    yield {
      code: 'WH616',
      path: [...path, 'every'],
      message: `The next one sets out before one answer has to be there (${formatDuration(timeout)}): a slow stack gets more and more of them. Write '${formatDuration(timeout)}' or more.`,
    };
  }
  if (until === undefined || within === undefined || until >= within) return;
  yield {
    code: 'WH618',
    path: [...path, 'until'],
    message: `${quoteName(handoff ?? '')} has ${formatDuration(within)}, and a synthetic patient is missed after ${formatDuration(until)}. Write '${formatDuration(within)}'.`,
  };
}

function* askedAgain(steps: Synthetic['steps'], path: PlanPath): Generator<Finding> {
  const last = steps?.at(-1);
  if (steps === undefined || last === undefined || !said(last, 'post')) return;
  yield {
    code: 'WH617',
    path: [...path, steps.length - 1, 'post'],
    message:
      "The last step is asked again until it is as expected: this would be sent again each time. End with a 'get'.",
  };
}

function* walkable(steps: Synthetic['steps'], path: PlanPath): Generator<Finding> {
  const read = [...readable(steps)];
  for (const [index, step] of read) {
    const at = [...path, index];
    yield* sendable(step, at);
    if (said(step, 'status') || said(step, 'holds')) continue;
    yield {
      code: 'WH615',
      path: at,
      message: "Nothing is expected of this step. Add 'status', or 'holds' with what has to be true of the answer.",
    };
  }
  // A step that cannot be read may be the one that has it.
  if (steps === undefined || read.length < steps.length) return;
  const posts = read.filter(([, step]) => said(step, 'post'));
  if (posts.length === 0 || posts.some(([, step]) => carriesKey(step))) return;
  yield {
    code: 'WH619',
    path,
    message:
      'It sends, and nowhere its key: the stack takes it for somebody, and the outcomes of its handoffs count. Put $key where the stack has the key of a patient.',
  };
}

function* sendable(step: Step, path: PlanPath): Generator<Finding> {
  if (said(step, 'get') === said(step, 'post')) {
    yield { code: 'WH617', path, message: "Write either 'get' or 'post', with the path that is asked." };
  } else if (said(step, 'get') && said(step, 'body')) {
    yield {
      code: 'WH617',
      path: [...path, 'body'],
      message: "What is got has no body. Write 'post', or leave it out.",
    };
  }
}

/** Whether a key is in it; what cannot be read may be one. */
function carriesKey({ post, body }: Step): boolean {
  return (post ?? '$key').includes('$key') || Object.values(body ?? {}).some((value) => (value ?? '$key') === '$key');
}

/** Whether it is written, readable or not. */
function said(of: object, name: string): boolean {
  return Object.hasOwn(of, name);
}
