import { BadPlan } from './bad-plan';
import { checkPlan } from './check-plan';
import { draftOf } from './draft';
import { expectation, explainIssue } from './explain-issue';
import { fillDefaults, findingAsWritten } from './fill-defaults';
import type { FilledPart } from './filled-part';
import { notCarriedOut } from './not-carried-out';
import { planHash } from './plan-hash';
import { applyWaivers, type WaivedFinding } from './lint/apply-waivers';
import { lintEntry } from './lint/lint-catalogue';
import { formatPath, type Finding, type Placed, type PlanProblem, type WaivedProblem } from './plan-problem';
import { API_VERSION, planSchema, type Plan } from './plan-schema';
import { readPlanText, type PlanText } from './plan-text';
import { isMapOfNames, valueUnder } from './schema-walk';
import { extendPlan } from './templates/extend-plan';
import { NO_TEMPLATES } from './templates/plan-templates';
import type { Place } from './yaml-nodes';

/** At most this many are listed; a last entry counts the rest. */
const LISTED = 200;

export interface LoadedPlan {
  /** After defaults, those of its kinds of phase included. */
  plan: Plan;
  /** sha256 in hex: what people approve. */
  hash: string;
  /** What deserves a look but stops nothing, in the order of the plan's lines. */
  warnings: PlanProblem[];
  /** What the plan waives. */
  waived: WaivedProblem[];
  /** What its kinds of phase and the built-in queues brought along, by the phase or queue that left it out. */
  filled: FilledIn[];
  /** What it declares and this release does not act on: nothing to mend, and nothing to rely on. */
  notCarriedOut: PlanProblem[];
}

/** What was filled in for a phase or queue, and where that is written. */
export interface FilledIn {
  line: number;
  column: number;
  /** Such as `phases[2]`. */
  path: string;
  /** Such as `the handoff 'payment-to-provider-routing'`. */
  what: string[];
}

/**
 * Reads a cutover plan (YAML, or JSON) and judges all of it: its text, its fields, and what they say of each other.
 *
 * @param templates what a plan may extend
 * @param judgedAt the moment that waivers are judged at, in milliseconds; without one every waiver has expired
 * @throws BadPlan with every problem at once, each with its line, column and path.
 */
export function loadPlan(yamlText: string, judgedAt = Infinity, templates = NO_TEMPLATES): LoadedPlan {
  const text = readPlanText(yamlText);
  const { value: written, problems } = text;
  if (written === undefined) throw new BadPlan(listed(problems));

  const otherVersion = speaksOtherVersion(written);
  if (otherVersion !== undefined) throw new BadPlan(listed([text.place(otherVersion)]));

  const extended = text.root && extendPlan(text.root, templates, readTemplate);
  const place = extended === undefined ? text.place : text.placeIn(extended.root);
  // A plan whose template is not there would be found to lack all of it.
  if (extended?.findings.some(({ code }) => code !== 'WH033' && code !== 'WH034') === true)
    throw new BadPlan(listed([...problems, ...extended.findings.map(text.place)]));
  const { value, parts } = fillDefaults(extended === undefined ? written : extended.root.value);
  const parsed = planSchema.safeParse(value, { error: expectation });
  const draft = parsed.success ? parsed.data : draftOf(planSchema, value);
  const findings: Finding[] = [
    ...(parsed.error?.issues ?? []).flatMap((issue) => explainIssue(issue, planSchema, value)),
    ...(draft === undefined ? [] : checkPlan(draft)),
    ...apiVersionFirst(written),
  ].map((finding) => findingAsWritten(finding, parts));
  const placed = [...findings.map(place), ...(extended?.findings ?? []).map(text.place)];
  const { counts, waived: taken, findings: ofWaivers } = applyWaivers(placed, draft?.waivers, judgedAt);
  counts.push(...ofWaivers.map(place));
  const errors = [...problems, ...counts.filter(({ code }) => lintEntry(code).severity === 'error')];
  const warnings = listed(counts.filter(({ code }) => lintEntry(code).severity === 'warning'));
  const waived = taken.map(waivedProblem);
  if (!parsed.success || errors.length > 0) throw new BadPlan(listed(errors), warnings, waived);
  return {
    plan: parsed.data,
    hash: planHash(parsed.data),
    warnings,
    waived,
    filled: filledIn(parts, place),
    notCarriedOut: listed(notCarriedOut(parsed.data).map(place)),
  };
}

/** Templates as they were read, by their text: each process has few, and they are never changed. */
const templatesRead = new Map<string, Place | undefined>();
const TEMPLATES_KEPT = 8;

function readTemplate(text: string): Place | undefined {
  if (templatesRead.has(text)) return templatesRead.get(text);
  const { root } = readPlanText(text);
  const [oldest] = templatesRead.keys();
  if (oldest !== undefined && templatesRead.size >= TEMPLATES_KEPT) templatesRead.delete(oldest);
  // Plans share what is in it: whoever changed it would change plans that are read later.
  deepFreeze(root?.value);
  templatesRead.set(text, root);
  return root;
}

function deepFreeze(value: unknown): void {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return;
  Object.freeze(value);
  for (const inner of Object.values(value)) deepFreeze(inner);
}

function filledIn(parts: readonly FilledPart[], place: PlanText['place']): FilledIn[] {
  const byPath = new Map<string, FilledIn>();
  for (const { from, what } of parts) {
    const path = formatPath(from);
    const { line, column } = place({ path: from, message: '' });
    const earlier = byPath.get(path);
    if (earlier === undefined) byPath.set(path, { line, column, path, what: [what] });
    else earlier.what.push(what);
  }
  return [...byPath.values()].sort((left, right) => left.line - right.line || left.column - right.column);
}

/** A document of another version is not judged by this version's rules: all it would hear is noise. */
function speaksOtherVersion(value: unknown): Finding | undefined {
  const said = valueUnder(value, 'apiVersion');
  if (typeof said !== 'string' || said === API_VERSION || !/^\S+\/v\d\S*$/.test(said)) return undefined;
  return {
    code: 'WH020',
    path: ['apiVersion'],
    message: `This release reads plans of '${API_VERSION}' only. Write that, and the plan in its language.`,
  };
}

/** Order means nothing to a plan, but a reader sees at once what they have before them. */
function apiVersionFirst(value: unknown): Finding[] {
  if (!isMapOfNames(value) || !Object.hasOwn(value, 'apiVersion') || Object.keys(value)[0] === 'apiVersion') return [];
  return [{ code: 'WH021', path: ['apiVersion'], atName: true, message: "Move 'apiVersion' to the top of the plan." }];
}

function waivedProblem({ finding, waiver: { reason, approvedBy, expires } }: WaivedFinding): WaivedProblem {
  const { message, ...placed } = finding;
  return { ...placed, severity: 'waived', message: said(message), waiver: { reason, approvedBy, expires } };
}

function said(message: Finding['message']): string {
  return typeof message === 'string' ? message : message();
}

/** In the order of the plan's lines, and no more than a person can read. */
function listed(findings: readonly Placed<Finding>[]): PlanProblem[] {
  const sorted = [...findings].sort((left, right) => left.line - right.line || left.column - right.column);
  const shown = sorted.slice(0, LISTED).map(({ code, line, column, endColumn, path, message }) => ({
    code,
    severity: lintEntry(code).severity,
    line,
    column,
    endColumn,
    path,
    message: said(message),
  }));
  const last = shown.at(-1);
  if (last === undefined || sorted.length <= LISTED) return shown;
  return [
    ...shown,
    { ...last, code: 'WH000', path: '', message: `And ${sorted.length - LISTED} more. Mend those above first.` },
  ];
}
