import type { Draft } from '../draft';
import { quoteName, type Finding, type PlanPath } from '../plan-problem';
import type { GateSource, PlanPhase } from '../plan-schema';
import { readable, type Rule } from './rule';
import { isOneSelect, sqlWords } from './sql-words';

type Source = Draft<GateSource>;

/** A source that a gate's figures come from can be asked, and counts what the gate is decided on: its cohort, since its attempt began. */
export const gateSources: Rule = function* ({ phases }) {
  for (const [phaseIndex, phase] of readable(phases)) {
    for (const [index, { source, rule }] of readable(phase.gates)) {
      if (source === undefined) continue;
      const path = ['phases', phaseIndex, 'gates', index, 'source'];
      yield* askable(source, path);
      if (moved(phase) > 1) yield* byCohort(source, path);
      yield* ageSeen(source, path);
      if (
        rule?.kind === 'comparison' &&
        source.kind !== 'sql' &&
        source.kind !== undefined &&
        !said(source, 'legacy')
      ) {
        yield {
          code: 'WH607',
          path,
          message: "The gate compares with legacy, and the source has no figures of it. Add 'legacy'.",
        };
      }
    }
  }
};

function* askable(source: Source, path: PlanPath): Generator<Finding> {
  if (source.kind === 'sql') {
    if (source.query === undefined) return;
    const words = sqlWords(source.query);
    const at = [...path, 'query'];
    if (!isOneSelect(words)) {
      yield { code: 'WH605', path: at, message: 'Write one SELECT. Nothing else is run, and nothing beside it.' };
    } else if (!words.includes('gate') || !words.includes('since')) {
      yield {
        code: 'WH609',
        path: at,
        message:
          'Nothing in the query goes by when the attempt began. Join the row of gate, and count what became final from gate.since on.',
      };
    }
    return;
  }
  if (source.kind !== 'prometheus' && source.kind !== 'http') return;
  for (const side of ['target', 'legacy'] as const) {
    const figures = source[side];
    if (figures === undefined || !said(figures, 'kept') || said(figures, 'missed') !== said(figures, 'total')) continue;
    yield {
      code: 'WH605',
      path: [...path, side],
      message: said(figures, 'missed')
        ? "Write either 'missed' or 'total'; the other one follows from it."
        : "Add either 'missed' or 'total': how many were kept says nothing alone.",
    };
  }
}

/** I9: what one cohort does, no other goes back for. An HTTP service is told which cohort it is asked for. */
function* byCohort(source: Source, path: PlanPath): Generator<Finding> {
  if (source.kind === 'sql') {
    if (source.query === undefined || sqlWords(source.query).includes('cohort')) return;
    yield {
      code: 'WH606',
      path: [...path, 'query'],
      message: 'The phase moves several cohorts, and the query counts all of them. Count those of gate.cohort.',
    };
  }
  if (source.kind !== 'prometheus') return;
  for (const side of ['target', 'legacy'] as const) {
    for (const figure of ['kept', 'missed', 'total'] as const) {
      const selector = source[side]?.[figure];
      if (selector === undefined || selector.includes('$cohort')) continue;
      yield {
        code: 'WH606',
        path: [...path, side, figure],
        message: `The phase moves several cohorts, and ${quoteName(`${side}.${figure}`)} counts all of them. Add a label such as cohort="$cohort".`,
      };
    }
  }
}

function* ageSeen(source: Source, path: PlanPath): Generator<Finding> {
  if (source.kind === 'synthetic' || !('staleAfter' in source) || source.staleAfter === undefined) return;
  if (source.kind === 'http' && !said(source, 'asOf')) {
    yield {
      code: 'WH608',
      path: [...path, 'staleAfter'],
      message: "Nothing says how old the figures are. Add 'asOf', where the answer says up to when they are whole.",
    };
  }
  if (source.kind === 'sql' && source.query !== undefined && !sqlWords(source.query).includes('as_of')) {
    yield {
      code: 'WH608',
      path: [...path, 'staleAfter'],
      message: 'Nothing says how old the figures are. Give a column as_of: up to when they are whole.',
    };
  }
}

/** Of its cohorts those that a ramp moves. */
function moved({ cohorts }: Draft<PlanPhase>): number {
  return [...readable(cohorts)].filter(([, { staysOnLegacy }]) => staysOnLegacy === undefined).length;
}

/** Whether it is written, readable or not. */
function said(of: object, name: string): boolean {
  return Object.hasOwn(of, name);
}
