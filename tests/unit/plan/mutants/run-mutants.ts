import { customPlan, fullPlan } from '../../../fixtures/full-plan';
import { EXEMPTIONS, type Exemption } from './exemptions';
import { judgeMutant, type Outcome } from './judge-mutant';
import { mutate, OPERATORS, pathsOf, patternOf, type Mutant, type Operator } from './mutate';
import { formatPath, type PlanPath } from '../../../../domain/plan/plan-problem';

const FULL: unknown = fullPlan();
const CUSTOM: unknown = customPlan();
/** Good plans that together have every path of the plan language. */
export const MUTATED_PLANS: readonly unknown[] = [FULL, CUSTOM];

export interface Change {
  operator: Operator;
  /** One of the good plans. */
  document: unknown;
  path: PlanPath;
}

/**
 * Every operator at every path; or at one path of each pattern, the one that `choose` takes of them. Of the second plan only what the first
 * does not have.
 */
export function changes(choose?: (paths: readonly PlanPath[]) => PlanPath | undefined): Change[] {
  const first = byPattern(pathsOf(FULL));
  const second = [...byPattern(pathsOf(CUSTOM))].filter(([pattern]) => !first.has(pattern));
  const places = [
    ...[...first.values()].map((paths) => ({ document: FULL, paths })),
    ...second.map(([, paths]) => ({ document: CUSTOM, paths })),
  ];
  return places.flatMap(({ document, paths }) =>
    (choose === undefined ? paths : [choose(paths)]).flatMap((path) =>
      path === undefined ? [] : OPERATORS.map((operator): Change => ({ operator, document, path })),
    ),
  );
}

function byPattern(paths: readonly PlanPath[]): Map<string, PlanPath[]> {
  const groups = new Map<string, PlanPath[]>();
  for (const path of paths) {
    const group = groups.get(patternOf(path));
    if (group === undefined) groups.set(patternOf(path), [path]);
    else group.push(path);
  }
  return groups;
}

export interface Tally {
  mutants: number;
  found: number;
  foundAtReference: number;
  exempt: number;
  missed: Mutant[];
  exemptions: Map<Exemption, number>;
}

/** Makes each change and judges the plan; by operator. What an operator cannot do at a path is no mutant. */
export function runMutants(all: readonly Change[]): Map<Operator, Tally> {
  const tallies = new Map<Operator, Tally>(
    OPERATORS.map((operator) => [
      operator,
      { mutants: 0, found: 0, foundAtReference: 0, exempt: 0, missed: [], exemptions: new Map() },
    ]),
  );
  for (const { operator, document, path } of all) {
    const mutant = mutate(document, operator, path);
    const tally = tallies.get(operator);
    if (mutant !== undefined && tally !== undefined) count(tally, mutant, judgeMutant(mutant, document));
  }
  return tallies;
}

function count(tally: Tally, mutant: Mutant, outcome: Outcome): void {
  tally.mutants += 1;
  switch (outcome.kind) {
    case 'found':
      tally.found += 1;
      break;
    case 'foundAtReference':
      tally.foundAtReference += 1;
      break;
    case 'exempt':
      tally.exempt += 1;
      tally.exemptions.set(outcome.exemption, (tally.exemptions.get(outcome.exemption) ?? 0) + 1);
      break;
    case 'missed':
      tally.missed.push(mutant);
  }
}

/** Operators by what became of their mutants, and why some are right. */
export function mutantTable(tallies: ReadonlyMap<Operator, Tally>): string {
  const row = (cells: readonly (string | number)[]): string =>
    cells.map((cell, index) => (index === 0 ? String(cell).padEnd(18) : String(cell).padStart(14))).join('');
  const rows = [...tallies].map(([operator, { mutants, found, foundAtReference, exempt, missed }]) =>
    row([operator, mutants, found, foundAtReference, exempt, missed.length]),
  );
  const reasons = EXEMPTIONS.map((one) => {
    const times = [...tallies.values()].reduce((sum, { exemptions }) => sum + (exemptions.get(one) ?? 0), 0);
    return `${String(times).padStart(6)}  ${one.operator}: ${one.reason}`;
  });
  const missed = [...tallies.values()].flatMap((tally) => tally.missed);
  return [
    row(['operator', 'mutants', 'at the line', 'at a reference', 'exempt', 'missed']),
    ...rows,
    '',
    'exempt:',
    ...reasons,
    ...(missed.length === 0
      ? []
      : ['', 'missed:', ...missed.map((one) => `  ${one.operator} ${formatPath(one.path)}`)]),
    '',
  ].join('\n');
}
