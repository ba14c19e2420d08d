import { parse } from 'yaml';
import { TELEHEALTH } from '../plan-texts';
import { EXEMPTIONS, type Exemption } from './exemptions';
import { judgeMutant, type Outcome } from './judge-mutant';
import { mutate, OPERATORS, pathsOf, patternOf, written, type Mutant, type Operator } from './mutate';
import type { PlanPath } from '../../../../domain/plan/plan-problem';

const DOCUMENT: unknown = parse(TELEHEALTH);
/** The plan of the whole journey, one value a line. */
export const MUTATED_PLAN = written(DOCUMENT);

export interface Change {
  operator: Operator;
  path: PlanPath;
}

/** Every operator at every path; or at one path of each pattern, the one that `choose` takes of them. */
export function changes(choose?: (paths: readonly PlanPath[]) => PlanPath | undefined): Change[] {
  const paths = pathsOf(DOCUMENT);
  const chosen = choose === undefined ? paths : [...byPattern(paths).values()].map(choose);
  return chosen.flatMap((path) =>
    path === undefined ? [] : OPERATORS.map((operator): Change => ({ operator, path })),
  );
}

function byPattern(paths: readonly PlanPath[]): Map<string, PlanPath[]> {
  const groups = new Map<string, PlanPath[]>();
  for (const path of paths) groups.set(patternOf(path), [...(groups.get(patternOf(path)) ?? []), path]);
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
  for (const { operator, path } of all) {
    const mutant = mutate(DOCUMENT, operator, path);
    const tally = tallies.get(operator);
    if (mutant !== undefined && tally !== undefined) count(tally, mutant, judgeMutant(mutant, DOCUMENT));
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
    ...(missed.length === 0 ? [] : ['', 'missed:', ...missed.map((one) => `  ${one.operator} ${one.pattern}`)]),
    '',
  ].join('\n');
}
