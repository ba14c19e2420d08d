import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import Ajv, { type ValidateFunction } from 'ajv';
import addFormats from 'ajv-formats';
import { parse } from 'yaml';
import { loadPlan } from '../../../domain/plan/load-plan';
import { editorJsonSchema, planJsonSchema } from '../../../domain/plan/plan-json-schema';
import { shippedTemplates } from '../../../platform/shipped-templates';
import { edit, PAYMENT, problemsOf, TELEHEALTH } from './plan-texts';

const schema = planJsonSchema();
const ROOT = join(__dirname, '../../..');
const PLANS = ['examples', 'tests/fixtures/plans'].flatMap((folder) =>
  readdirSync(join(ROOT, folder))
    .filter((file) => file.endsWith('.yaml') && !file.endsWith('-rehearsal.yaml'))
    .map((file) => `${folder}/${file}`),
);
let validate: ValidateFunction;
let inEditor: ValidateFunction;

beforeAll(() => {
  const ajv = new Ajv({ strict: true, allErrors: true, strictRequired: false });
  addFormats(ajv);
  validate = ajv.compile(schema);
  inEditor = ajv.compile(editorJsonSchema());
});

describe('the JSON Schema for editors', () => {
  it('is draft-07, which editors understand, and takes a good plan as it is written', () => {
    expect(schema.$schema).toBe('http://json-schema.org/draft-07/schema#');
    expect(validate(parse(PAYMENT))).toBe(true);
  });

  it.each(PLANS)('and loadPlan take %s', (file) => {
    const text = readFileSync(join(ROOT, file), 'utf8');
    // A recorded log has more types than its plan needs; those that are not declared would be refused.
    const { warnings } = loadPlan(text, Infinity, shippedTemplates());
    expect(warnings.filter(({ code }) => code !== 'WH404')).toEqual([]);
    expect([inEditor(parse(text)), inEditor.errors]).toEqual([true, null]);
    if (!text.includes('\nextends:')) expect([validate(parse(text)), validate.errors]).toEqual([true, null]);
  });

  it.each([
    ['a name that no field has', 'slaa: 1d'],
    ['a duration that is none', 'sla: soon'],
    ['a list where one is asked for', 'owner: [one, other]'],
  ])('finds %s in a plan that extends a template, and asks for nothing that the template may have', (_, field) => {
    const part = (more: string): unknown =>
      parse(`apiVersion: warm-handoff/v1\nextends: telehealth\nqueues:\n  - { id: portal-login${more} }\n`);
    expect([inEditor(part('')), inEditor.errors]).toEqual([true, null]);
    expect(inEditor(part(`, ${field}`))).toBe(false);
  });

  it.each([
    ['an unknown name', 'unit: episode', 'unit: episode\n    units: 1'],
    ['a missing field', '    soak: 14d\n', ''],
    ['a duration without a unit', 'within: 10m', 'within: 600'],
    ['a duration that is none', 'within: 10m', 'within: soon'],
    ['a share without its sign', 'share: 25%', 'share: 25'],
    ['a step by both', 'share: 25%', 'share: 25%, perDay: 5'],
    ['a step by neither', '{ share: 25%, watch: 24h }', '{ watch: 24h }'],
    ['an unknown choice', 'unit: episode', 'unit: person'],
    ['an unknown kind of gate', 'rule: { kind: comparison,', 'rule: { kind: versus,'],
    ['a layer without an answer', '    actionOwner: release-managers\n', ''],
    ['an owner who is undecided in words', 'actionOwner: billing-operations', "actionOwner: '?'"],
    ['another version', 'warm-handoff/v1', 'warm-handoff/v2'],
    ['a kind of key that there is not', 'episode: epi', 'episode: epi\n  logins: log'],
    ['a phase of the plan’s own without a unit', 'kind: payment\n    unit: episode', 'kind: custom'],
    ['a queue of the plan’s own without a deadline', '    sla: 4h\n', ''],
    [
      'a queue without an owner',
      'queues:\n  - id: payment-not-routed\n    owner: care-coordination',
      'queues:\n  - id: payment-not-routed',
    ],
    ['a name in the wrong letters', 'migration: payment-2026', 'migration: Payment'],
  ])('refuses %s, as loadPlan does', (_, from, to) => {
    const text = edit(PAYMENT, from, to);
    expect(problemsOf(text).length).toBeGreaterThan(0);
    expect(validate(parse(text))).toBe(false);
  });

  it.each([
    ['the unit', edit(TELEHEALTH, '    unit: subscription\n', '')],
    ['the deadline of a built-in queue', edit(PAYMENT, '    sla: 2h\n', '')],
    ['what a rollback cannot undo', PAYMENT.replace(/ {4}irreversible:\n(?: {6}.*\n)+/, '')],
  ])('lets a plan leave out %s, as loadPlan does', (_, text) => {
    expect(loadPlan(text).filled).not.toEqual([]);
    expect([validate(parse(text)), validate.errors]).toEqual([true, null]);
  });

  it('describes every field, in whole sentences', () => {
    const fields = fieldsOf(schema, '');
    expect(fields.length).toBeGreaterThan(100);
    for (const { path, description } of fields)
      expect([path, description]).toEqual([path, expect.stringMatching(/^[A-Z'].*\.$/)]);
  });

  it('shows defaults as people write them', () => {
    const fields = new Map(fieldsOf(schema, '').map(({ path, value }) => [path, value]));
    expect(fields.get('.phases[].lease')).toBe('60s');
    expect(fields.get('.phases[].dwell')).toBe('7d');
    expect(fields.get('.phases[].approvals.goNoGo.roles')).toEqual(['release-manager']);
    expect(fields.get('.lateness')).toBe('60s');
  });
});

interface Field {
  path: string;
  description?: string;
  value?: unknown;
}

interface Node {
  properties?: Record<string, Node>;
  items?: Node;
  additionalProperties?: Node | boolean;
  anyOf?: Node[];
  oneOf?: Node[];
  description?: string;
  default?: unknown;
  const?: unknown;
}

/** Every named field of a JSON Schema; a choice's own name (`kind: floor`) says itself. */
function fieldsOf(node: object, path: string): Field[] {
  const { properties, items, additionalProperties, anyOf, oneOf } = node as Node;
  const named = Object.entries(properties ?? {}).flatMap(([name, property]) => [
    ...(property.const !== undefined && name === 'kind'
      ? []
      : [{ path: `${path}.${name}`, description: property.description, value: property.default }]),
    ...fieldsOf(property, `${path}.${name}`),
  ]);
  const listed = items === undefined ? [] : fieldsOf(items, `${path}[]`);
  const open = typeof additionalProperties === 'object' ? fieldsOf(additionalProperties, `${path}.*`) : [];
  return [
    ...named,
    ...listed,
    ...open,
    ...[...(anyOf ?? []), ...(oneOf ?? [])].flatMap((option) => fieldsOf(option, path)),
  ];
}
