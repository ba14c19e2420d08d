import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { lintPlan } from '../../../cli/plan/lint-plan';
import { lintScreen } from '../../../cli/plan/lint-screen';
import { BUILT_IN_QUEUES } from '../../../domain/journey-kinds/built-in-queues';
import { KIND_DECLARATIONS } from '../../../domain/journey-kinds/kind-declarations';
import { NOT_CARRIED_OUT_CODES } from '../../../domain/plan/lint/codes/not-carried-out-codes';
import { planJsonSchema } from '../../../domain/plan/plan-json-schema';
import { referenceTable, type SchemaNode } from './plan-reference';
import { edit, TELEHEALTH, warningsOf } from './plan-texts';

const PATH = join(__dirname, '../../../docs/plan.md');
const PAGE = readFileSync(PATH, 'utf8');
const SCHEMA = planJsonSchema() as SchemaNode;
const SECTIONS = [
  ...['owners', 'systems', 'journey', 'stackMap', 'data', 'ownership', 'events', 'handoffs', 'phases', 'queues'],
  ...['rollbackRules', 'queueRules', 'calendars', 'advance', 'coverage', 'runbook', 'waivers', 'existing'],
  ...['declaredGates', 'hooks'],
];

/** The page's fragments, which together are one plan. */
const PLAN = [...PAGE.matchAll(/^```yaml\n(.*?)^```$/gms)].map(([, fragment]) => fragment).join('\n');

describe('docs/plan.md', () => {
  it('shows fragments of one plan that loads, with nothing to warn of', () => {
    expect(warningsOf(PLAN)).toEqual([]);
  });

  it('quotes the plan of the whole journey as it is', () => {
    const quotes = [...PAGE.matchAll(/^```yml\n(.*?)^```$/gms)].map(([, quote]) => quote ?? '');
    expect(quotes.length).toBeGreaterThan(5);
    for (const quote of quotes) expect(TELEHEALTH).toContain(quote);
  });

  it('has a row for each part of the journey that must have something, with its requirements, and names each built-in queue', () => {
    for (const { kind, ownChecks } of Object.values(KIND_DECLARATIONS)) {
      for (const { requirement } of ownChecks) {
        expect(PAGE).toMatch(new RegExp(`^\\| \`${kind}\` \\| .*\\(${requirement}\\) \\|$`, 'm'));
      }
    }
    for (const id of Object.keys(BUILT_IN_QUEUES)) expect(PAGE).toContain(`\`${id}\``);
  });

  it('has a row for each part that is declared and not acted on, with what happens instead', () => {
    for (const [code, { title, why }] of Object.entries(NOT_CARRIED_OUT_CODES)) {
      expect(PAGE).toContain(`| \`${code}\` | ${title} | ${why} |`);
    }
  });

  it('shows problems as lint prints them', () => {
    const [, shown] = /^```text\n(.*?)^```$/ms.exec(PAGE) ?? [];
    const text = edit(
      edit(
        PLAN,
        '      - { perDay: 5, watch: 24h }\n      - { share: 10%, watch: 24h }\n      - { share: 50%, watch: 48h, approval: { roles: [clinical-lead] } }\n',
        '',
      ),
      'owner: care-coordination\n',
      'owner: care-cordination\n',
    );
    const screen = `${lintScreen('cutover.yaml', lintPlan(text, 0).result, text)}\n`;
    if (process.env['UPDATE_DOCS'] === '1')
      writeFileSync(
        PATH,
        PAGE.replace(shown ?? '', () => screen),
      );
    else expect(shown).toBe(screen);
  });

  it.each([
    ['the head', headOf(SCHEMA)],
    ...SECTIONS.map((section): [string, SchemaNode] => [section, SCHEMA.properties?.[section] ?? {}]),
    ['an approval', SCHEMA.properties?.['phases']?.items?.properties?.['approvals']?.properties?.['commit'] ?? {}],
  ])('has every field of %s, as the schema has it', (_, node) => {
    const table = referenceTable(node);
    expect(table.split('\n').length).toBeGreaterThan(3);
    expect(PAGE).toContain(table);
  });
});

/** The plan's own fields, without what stands inside the sections. */
function headOf(schema: SchemaNode): SchemaNode {
  const properties = Object.entries(schema.properties ?? {}).map(([name, { type, description, default: value }]) => [
    name,
    { type, description, default: value },
  ]);
  return { ...schema, properties: Object.fromEntries(properties) as Record<string, SchemaNode> };
}
