import type { z } from 'zod';
import { inOneOrder, isNameless, isOrdered, named, sorted } from '../list-order';
import { planSchema, type Plan, type RampStep } from '../plan-schema';
import { childOf, isMapOfNames } from '../schema-walk';
import { writtenValue } from '../written-value';
import { align } from './align';
import { classify, type RawChange } from './classify';
import { flowText } from './flow-text';
import { isSame } from './is-same';
import { entry, formatSteps, type PlanChange, type PlanDiff, type Step } from './plan-change';

type Schema = z.core.$ZodType | undefined;

/**
 * What is different in a plan that was another: each difference once, in the plan's own words, in the plan's order. Pure, and the same
 * however both are laid out, whatever order names stand in, and entries of lists whose order has no meaning. Sections that this release
 * does not know by name are compared by what they are made of.
 */
export function comparePlans(before: Plan, after: Plan): PlanDiff {
  const comparison = new Comparison();
  comparison.compare(planSchema, before, after, []);
  return { changes: comparison.changes, reordered: comparison.reordered };
}

class Comparison {
  readonly changes: PlanChange[] = [];
  readonly reordered: string[] = [];
  /** Of what is being compared, where it is of one. */
  private phase: string | undefined;

  compare(schema: Schema, before: unknown, after: unknown, at: readonly Step[]): void {
    if (isSame(before, after)) return;
    if (at[0] === 'phases' && at.length === 2 && isMapOfNames(before) && isMapOfNames(after)) {
      this.phases(schema, before, after, at);
      return;
    }
    if (isMapOfNames(before) && isMapOfNames(after) && before['kind'] === after['kind']) {
      this.maps(schema, before, after, at);
      return;
    }
    if (Array.isArray(before) && Array.isArray(after)) {
      this.lists(schema, before, after, at);
      return;
    }
    this.note(schema, before, after, at);
  }

  private maps(
    schema: Schema,
    before: Names,
    after: Names,
    at: readonly Step[],
    without: readonly string[] = [],
  ): void {
    for (const name of namesIn(before, after)) {
      if (without.includes(name)) continue;
      const one = childOf1(schema, before, name) ?? childOf1(schema, after, name);
      this.compare(one, before[name], after[name], [...at, name]);
    }
  }

  /** A cohort without a ramp of its own goes by its phase's: it is compared by the steps that it goes by. */
  private phases(schema: Schema, before: Names, after: Names, at: readonly Step[]): void {
    // Another kind of phase is another phase's business; the fields are compared all the same.
    this.maps(schema, before, after, at, ['cohorts']);
    const cohorts = childOf1(schema, after, 'cohorts');
    const [were, are] = [cohortsOf(before), cohortsOf(after)];
    const path = [...at, 'cohorts'];
    this.entries(cohorts, were, are, path, (cohortSchema, was, is, there) => {
      this.maps(cohortSchema, was, is, there, ['ramp']);
      if (was['ramp'] === undefined && is['ramp'] === undefined) return;
      const ramp = childOf1(schema, after, 'ramp');
      this.ramps(ramp, stepsOf(was['ramp'] ?? before['ramp']), stepsOf(is['ramp'] ?? after['ramp']), [
        ...there,
        'ramp',
      ]);
      const own = [was['ramp'], is['ramp']].map((one) => (one === undefined ? "the phase's" : 'its own'));
      if (own[0] !== own[1])
        this.add({ steps: [...there, 'ramp'], before: was['ramp'], after: is['ramp'], texts: own });
    });
  }

  private lists(schema: Schema, before: readonly unknown[], after: readonly unknown[], at: readonly Step[]): void {
    const name = at.at(-1) ?? '';
    if (name === 'ramp') {
      this.ramps(schema, stepsOf(before), stepsOf(after), at);
      return;
    }
    if (isNameless(name)) {
      const [one, other] = [
        sorted(inOneOrder(before, name) as unknown[]),
        sorted(inOneOrder(after, name) as unknown[]),
      ];
      if (isSame(one, other)) this.reordered.push(formatSteps(at));
      else this.note(schema, one, other, at);
      return;
    }
    const [were, are] = [named(before), named(after)];
    if (were !== undefined && are !== undefined) {
      this.entries(schema, were, are, at, (one, was, is, there) => {
        this.compare(one, was, is, there);
      });
    } else if (!isOrdered(name) && [...before, ...after].every((item) => typeof item !== 'object')) {
      if (isSame(sorted(before), sorted(after))) this.reordered.push(formatSteps(at));
      else this.note(schema, sorted(before), sorted(after), at);
    } else {
      this.note(schema, before, after, at);
    }
  }

  /** Entries are the same where their names are, wherever they stand. */
  private entries(
    schema: Schema,
    before: ReadonlyMap<string, Names>,
    after: ReadonlyMap<string, Names>,
    at: readonly Step[],
    both: (schema: Schema, before: Names, after: Names, at: readonly Step[]) => void,
  ): void {
    const ordered = isOrdered(at.at(-1) ?? '');
    const names = ordered ? inOrder([...before.keys()], [...after.keys()]) : namesIn(mapOf(before), mapOf(after));
    const one = childOf1(schema, [], 0);
    for (const name of names) {
      const [was, is] = [before.get(name), after.get(name)];
      const there = [...at, entry(name)];
      // What was of one phase and is of another is gone from the one and new to the other.
      const pairs: Pair[] =
        was === undefined || is === undefined || phaseIn(was) === phaseIn(is) ? [{ was, is }] : [{ was }, { is }];
      for (const pair of pairs) {
        if (at.length === 1) this.phase = at[0] === 'phases' ? name : (phaseIn(pair.was) ?? phaseIn(pair.is));
        if (pair.was !== undefined && pair.is !== undefined) both(one, pair.was, pair.is, there);
        else this.note(one, pair.was, pair.is, there);
      }
      if (at.length === 1) this.phase = undefined;
    }
    const kept = (from: ReadonlyMap<string, Names>, other: ReadonlyMap<string, Names>): string[] =>
      [...from.keys()].filter((name) => other.has(name));
    const [were, are] = [kept(before, after), kept(after, before)];
    if (isSame(were, are)) return;
    if (ordered)
      this.add({ steps: [...at, 'order'], before: were, after: are, texts: [flowText(were), flowText(are)] });
    else this.reordered.push(formatSteps(at));
  }

  /** Steps are the same where they let the same through; others between the same neighbours are taken for each other, in order. */
  private ramps(schema: Schema, before: readonly Names[], after: readonly Names[], at: readonly Step[]): void {
    const one = childOf1(schema, after, 0);
    for (const { was, is, name } of align(before, after, stepName)) {
      const there = [...at, entry(name)];
      if (was !== undefined && is !== undefined) this.maps(one, was, is, there);
      else this.note(one, was, is, there);
    }
  }

  private note(schema: Schema, before: unknown, after: unknown, steps: readonly Step[]): void {
    const text = (value: unknown): string | undefined =>
      value === undefined ? undefined : flowText(writtenValue(schema, value));
    this.add({ steps, before, after, texts: [text(before), text(after)] });
  }

  private add(change: Omit<RawChange, 'texts'> & { texts: readonly (string | undefined)[] }): void {
    const [before, after] = change.texts;
    const texts = { ...(before !== undefined && { before }), ...(after !== undefined && { after }) };
    this.changes.push(classify({ ...change, texts, ...(this.phase !== undefined && { phase: this.phase }) }));
  }
}

type Names = Record<string, unknown>;
type Pair = { was?: Names | undefined; is?: Names | undefined };

function phaseIn(item: Names | undefined): string | undefined {
  const phase = item?.['phase'];
  return typeof phase === 'string' ? phase : undefined;
}

function childOf1(schema: Schema, value: unknown, step: string | number): Schema {
  return schema && childOf(schema, value, step);
}

/** Every name of both, in an order that neither decides. */
function namesIn(before: Names, after: Names): string[] {
  const declared = Object.keys(planSchema.shape);
  const rank = (name: string): number => (declared.includes(name) ? declared.indexOf(name) : declared.length);
  return [...new Set([...Object.keys(before), ...Object.keys(after)])].sort(
    (one, other) => rank(one) - rank(other) || (one < other ? -1 : 1),
  );
}

function mapOf(entries: ReadonlyMap<string, Names>): Names {
  return Object.fromEntries(entries);
}

/** Those of after in their order; each that is gone where it stood. */
function inOrder(before: readonly string[], after: readonly string[]): string[] {
  const names = [...after];
  for (const [index, name] of before.entries())
    if (!after.includes(name)) names.splice(Math.min(index, names.length), 0, name);
  return names;
}

function cohortsOf(phase: Names): Map<string, Names> {
  return named(Array.isArray(phase['cohorts']) ? phase['cohorts'] : []) ?? new Map<string, Names>();
}

function stepsOf(ramp: unknown): Names[] {
  return Array.isArray(ramp) ? ramp.filter(isMapOfNames) : [];
}

/** What a step lets through: `25%`, or `8/day`. */
function stepName(step: Names): string {
  const { share, perDay } = step as Partial<RampStep>;
  return perDay === undefined ? `${(share ?? 0) / 1_000}%` : `${perDay}/day`;
}
