import { didYouMean } from '../closest-name';
import { quoteName, type Finding, type PlanPath } from '../plan-problem';
import type { Place } from '../yaml-nodes';
import { itemsOf, mergePlaces, namesOfParts, partNamed, withoutPart } from './merge-places';
import type { PlanTemplates } from './plan-templates';

/** Templates that extend each other, at most. */
const DEEPEST = 5;

export interface ExtendedPlan {
  /** The plan over its template, without what says so. */
  root: Place;
  /** What is wrong with the way it extends. */
  findings: Finding[];
}

/**
 * A plan that says `extends: <template>` has what the template has, but for what it writes itself and for the parts of the template that it
 * lists under `without`. What comes from the template has the place of `extends` in the plan's text.
 *
 * @param read reads a template's text
 */
export function extendPlan(
  plan: Place,
  templates: PlanTemplates,
  read: (text: string) => Place | undefined,
): ExtendedPlan {
  const extension = plan.children?.get('extends');
  const without = plan.children?.get('without');
  const own = withoutPart(withoutPart(plan, ['extends']), ['without']);
  if (extension === undefined) {
    const alone: Finding[] =
      without === undefined
        ? []
        : [
            {
              code: 'WH034',
              path: ['without'],
              atName: true,
              message: "Nothing is extended here, so nothing can be left out. Remove 'without', or add 'extends'.",
            },
          ];
    return { root: own, findings: alone };
  }
  const findings: Finding[] = [];
  const template = new Chain(templates, read, findings).read(extension.value);
  if (template === undefined) return { root: own, findings };
  const named = anchored(template, extension, String(extension.value));
  const left = leaveOut(named, without, findings);
  return { root: mergePlaces(left, own), findings };
}

/** A template and those that it extends, as one. */
class Chain {
  private readonly seen: string[] = [];

  constructor(
    private readonly templates: PlanTemplates,
    private readonly readText: (text: string) => Place | undefined,
    private readonly findings: Finding[],
  ) {}

  read(name: unknown): Place | undefined {
    if (typeof name !== 'string' || name === '') return this.refuse('WH030', 'Write the name of one template.');
    const text = this.templates.get(name);
    if (text === undefined) {
      const known = [...this.templates.keys()];
      const there = known.length === 0 ? 'There are none here.' : `There are: ${known.join(', ')}.`;
      return this.refuse('WH031', `There is no template ${quoteName(name)}.${didYouMean(name, known) || ` ${there}`}`);
    }
    if (this.seen.includes(name)) {
      return this.refuse(
        'WH032',
        `The template ${quoteName(name)} extends itself, by way of ${this.seen.map(quoteName).join(', ')}. Extend another one.`,
      );
    }
    this.seen.push(name);
    if (this.seen.length > DEEPEST) {
      return this.refuse(
        'WH032',
        `Templates extend each other more than ${DEEPEST} times here. Extend one that is nearer to the ground.`,
      );
    }
    const root = this.readText(text);
    if (root === undefined)
      return this.refuse('WH032', `The template ${quoteName(name)} cannot be read. Extend another one.`);
    const below = root.children?.get('extends');
    if (below === undefined) return root;
    const base = this.read(below.value);
    if (base === undefined) return undefined;
    const without = root.children?.get('without');
    return mergePlaces(
      leaveOut(base, without, this.findings),
      withoutPart(withoutPart(root, ['extends']), ['without']),
    );
  }

  private refuse(code: 'WH030' | 'WH031' | 'WH032', message: string): Place | undefined {
    this.findings.push({ code, path: ['extends'], atName: code === 'WH030', message });
    return undefined;
  }
}

/** A template without the parts that a plan lists, each by the names that lead to it: `phases/payment/calendar`. */
function leaveOut(template: Place, without: Place | undefined, findings: Finding[]): Place {
  if (without === undefined) return template;
  if (!Array.isArray(without.value) || without.value.some((item) => typeof item !== 'string')) {
    findings.push({
      code: 'WH033',
      path: ['without'],
      message: "Write a list of parts, such as 'phases/payment/calendar'.",
    });
    return template;
  }
  let left = template;
  for (const [index, item] of itemsOf(without).entries()) {
    const found = pathOf(left, String(item.value).split('/'));
    if ('path' in found) left = withoutPart(left, found.path);
    else findings.push({ code: 'WH033', path: ['without', index], message: found.message });
  }
  return left;
}

function pathOf(template: Place, names: readonly string[]): { path: PlanPath } | { message: string } {
  const path: (string | number)[] = [];
  let place = template;
  for (const name of names) {
    const step = partNamed(place, name);
    const next = step === undefined ? undefined : place.children?.get(step);
    if (step === undefined || next === undefined) {
      const where =
        path.length === 0 ? 'The template' : `${quoteName(names.slice(0, path.length).join('/'))} of the template`;
      return {
        message: `${where} has no part ${quoteName(name)}.${didYouMean(name, namesOfParts(place)) || ' Write the names that lead to one, with / between them.'}`,
      };
    }
    path.push(step);
    place = next;
  }
  return { path };
}

/** All of a template, at the place where the plan says that it extends it. */
function anchored(place: Place, { at, end }: Pick<Place, 'at' | 'end'>, template: string): Place {
  const { value, size, children } = place;
  return {
    ...{ value, size, at, end, template },
    ...(place.name && { name: { at, end } }),
    ...(children && {
      children: new Map([...children].map(([step, child]) => [step, anchored(child, { at, end }, template)])),
    }),
  };
}
