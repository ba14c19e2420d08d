import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { CliFailure } from '../../../cli/cli-failure';
import { lintPlan } from '../../../cli/plan/lint-plan';
import type { Answers } from '../../../cli/plan/new/answers-schema';
import { newPlan } from '../../../cli/plan/new/new-plan';
import { readAnswers } from '../../../cli/plan/new/read-answers';
import { packageRoot } from '../../../platform/package-root';
import { shippedTemplates } from '../../../platform/shipped-templates';
import { DECIDED_PARTS, decided } from './decided-plan';

const TEMPLATE = shippedTemplates().get('telehealth') ?? '';

interface Made {
  without: string[];
  existing?: unknown;
  coverage?: unknown;
  phases: { id: string; cohorts?: unknown[] }[];
}

const made = (answers: Answers): Made => parse(newPlan(answers, TEMPLATE)) as Made;

/** Every single value, as text. */
function leavesOf(value: unknown): string[] {
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(leavesOf) : [String(value)];
}

/** The answers that docs/plan.md shows. */
function documented(): string {
  const page = readFileSync(join(packageRoot(), 'docs', 'plan.md'), 'utf8');
  const section = page.slice(page.indexOf('## A first plan'));
  return /^```\n(migration: [^]*?)^```$/m.exec(section)?.[1] ?? '';
}

function problemsOf(answers: object): unknown {
  try {
    return readAnswers(JSON.stringify(answers));
  } catch (error) {
    return error instanceof CliFailure ? error.problems : error;
  }
}

describe('an answer', () => {
  it('that docs/plan.md shows stands in the plan, as does each other one there', () => {
    const answers = readAnswers(documented());
    expect(Object.keys(answers).length).toBeGreaterThan(10);
    const { phases, ...rest } = answers;
    const plan = made(answers);
    const written = new Set(leavesOf(plan));
    expect(leavesOf(rest).filter((answer) => !written.has(answer))).toEqual([]);
    expect(plan.phases).toHaveLength(phases?.length ?? 0);
  });

  it('about who is a patient already is kept where no phase has waves', () => {
    const existing = [
      { id: 'weight', count: 2750 },
      { id: 'hair', count: 900 },
    ];
    const plan = made({ migration: 'first', phases: ['intake', 'payment', 'providerRouting'], existing });
    expect(plan.existing).toEqual(existing);
    expect(plan.phases.flatMap(({ cohorts = [] }) => cohorts)).toContainEqual({ id: 'existing', staysOnLegacy: 'TBD' });
  });

  it.each([
    ['how a group moves', { existing: [{ id: 'weight', count: 1, byHand: 'One chart at a time.' }] }, 'portalRefills'],
    ['the volume of a part', { volume: { frontDoor: 10 } }, 'does not move'],
    ['a pilot', { phases: ['payment'], pilot: { states: ['CA'] } }, 'Provider routing does not move'],
    ['the source of a system', { sources: { crm: '/crm' } }, "Name it under 'layers'"],
  ])('about %s that the plan has no place for is refused, never dropped', (_, answers, says) => {
    const problems = problemsOf({ migration: 'first', phases: ['payment', 'intake'], ...answers });
    expect(JSON.stringify(problems)).toContain(says);
  });
});

describe('a first plan of some parts of the journey', () => {
  it('has no event that nothing uses once the parts that wait for it are left out', () => {
    const { problems, warnings } = lintPlan(decided(newPlan(DECIDED_PARTS, TEMPLATE)), 0).result;
    expect(problems).toEqual([]);
    expect(warnings.filter(({ code }) => code === 'WH404')).toEqual([]);
    expect(made(DECIDED_PARTS).without).toContain('events/stop.received');
  });

  it('asks who must be ready where patients are assigned to providers, and only there (R47)', () => {
    expect(made({ migration: 'first', phases: ['providerRouting'] }).coverage).toEqual([
      { id: 'prescribers', phase: 'provider-routing', ready: 'TBD', minimum: 'TBD', each: ['state'], owner: 'TBD' },
    ]);
    expect(made({ migration: 'first', phases: ['payment'] }).coverage).toBeUndefined();
  });
});
