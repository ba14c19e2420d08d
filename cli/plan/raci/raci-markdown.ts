import type { Plan } from '../../../domain/plan/plan-schema';
import { unowned } from '../../../domain/plan/raci/raci-of';
import { ENGINE, RACI_AREAS, type RaciArea, type RaciRow } from '../../../domain/plan/raci/raci-row';
import { code, inline, markdownTable, page } from '../pages/markdown';
import { mark } from '../pages/not-yet';

const HEADINGS: Record<RaciArea, string> = {
  layer: 'Layers of the stack',
  datum: 'Data',
  tail: 'What legacy still owes after a commit',
  queue: 'Stuck cases',
  'rollback rule': 'Rollback rules',
  'queue rule': 'Rules on queues',
  'declared gate': 'Limits that people watch',
  decision: 'Decisions',
  check: 'Checks in a step',
  coverage: 'People who must be ready',
  task: 'The runbook',
  waiver: 'Waivers',
  'by hand': 'What people do that the plan gives no team for',
};

const CODES: Partial<Record<RaciArea, string>> = {
  datum: 'WH802',
  tail: 'WH802',
  'queue rule': 'WH805',
  'declared gate': 'WH818',
  check: 'WH816',
  coverage: 'WH804',
  task: 'WH806',
};

/** What this release does not carry out says so where it stands. */
function marked({ area, from }: RaciRow): string {
  if (from.includes('.armedEffects[')) return mark('WH814');
  if (from.includes('.waves.')) return mark('WH817');
  return mark(CODES[area] ?? '');
}

/** Who owns what, as one document. */
export function raciMarkdown({ migration, owners }: Plan, rows: readonly RaciRow[]): string {
  const without = unowned(rows);
  return page(
    `# Who owns what: ${migration}`,
    'A row for each thing that somebody has a part in. **Responsible** does the work. **Accountable** answers for it: exactly one. **Consulted**: whose agreement or work it rests on. **Informed**: who hears of it. `role:` stands before what is a role of people and not a team. Where the plan names several, the first answers: of `agreedBy`, and of the roles of an approval. Which people of which team have a role is not in the plan. What is marked with a code such as WH818 is declared, and not carried out by this release.',
    '## Nobody is accountable',
    without.length === 0
      ? 'Every row has exactly one who answers for it.'
      : `${without.length} of ${rows.length} rows have nobody who answers for them. Agree on it before the first step:`,
    without.map(({ thing, from }) => `- ${inline(thing)} (${code(from)})`).join('\n'),
    ...RACI_AREAS.flatMap((area) => section(area, rows)),
    '## Teams',
    markdownTable(
      ['team', 'known as', 'answers for', 'does', 'consulted', 'informed'],
      owners.map(({ id, title }) => [
        code(id),
        inline(title ?? ''),
        count(rows, ({ accountable }) => accountable === id),
        count(rows, ({ responsible }) => responsible.includes(id)),
        count(rows, ({ consulted }) => consulted.includes(id)),
        count(rows, ({ informed }) => informed.includes(id)),
      ]),
    ),
  );
}

function section(area: RaciArea, all: readonly RaciRow[]): string[] {
  const rows = all.filter((row) => row.area === area);
  if (rows.length === 0) return [];
  return [
    `## ${HEADINGS[area]}`,
    markdownTable(
      ['what', 'responsible', 'accountable', 'consulted', 'informed', 'due', 'in the plan'],
      rows.map((row) => [
        `${inline(row.thing)}${marked(row)}`,
        names(row.responsible),
        row.accountable === undefined ? '**nobody**' : code(row.accountable),
        names(row.consulted),
        names(row.informed),
        inline(row.due ?? ''),
        code(row.from),
      ]),
    ),
  ];
}

function names(all: readonly string[]): string {
  return all.map((name) => (name === ENGINE ? name : code(name))).join(', ');
}

function count(rows: readonly RaciRow[], has: (row: RaciRow) => boolean): string {
  return String(rows.filter(has).length);
}
