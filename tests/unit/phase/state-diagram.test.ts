import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { COHORT_STATUSES } from '../../../domain/phase/cohort-run';
import { MIGRATION_STATUSES } from '../../../domain/migration/migration-run';
import { paymentRules } from '../../fixtures/phase-rules';
import { migrationDiagram } from './migration-diagram';
import { reachableArrows, stateDiagrams, type Arrow } from './state-diagram';

const DOCUMENT = join(__dirname, '..', '..', '..', 'docs', 'architecture.md');
const BLOCK = /(<!-- state diagrams: written by tests\/unit\/phase\/state-diagram.test.ts -->\n)[^]*?(<!-- end -->)/;
const MIGRATION_BLOCK =
  /(<!-- migration diagram: written by tests\/unit\/phase\/state-diagram.test.ts -->\n)[^]*?(<!-- end -->)/;

describe('the state diagrams of docs/architecture.md', () => {
  let arrows: Arrow[];
  beforeAll(() => {
    const keepingArrivals = paymentRules((rules) => {
      rules.phase.pause.arrivals = 'keep';
    });
    const byCalendar = paymentRules((rules) => {
      rules.calendar = 'release-hours';
    });
    arrows = [paymentRules(), keepingArrivals, byCalendar].flatMap(reachableArrows);
  });

  // After a change of the state machine: UPDATE_DOCS=1 npx jest state-diagram
  it('show what the state machine does', () => {
    const drawn = stateDiagrams(arrows).map((diagram) => `\n\`\`\`mermaid\n${diagram}\n\`\`\`\n`);
    const document = readFileSync(DOCUMENT, 'utf8');
    const current = document.replace(BLOCK, (_all, begin: string, end: string) => `${begin}${drawn.join('')}\n${end}`);
    if (process.env['UPDATE_DOCS'] === '1') writeFileSync(DOCUMENT, current);
    expect(BLOCK.test(document)).toBe(true);
    expect(readFileSync(DOCUMENT, 'utf8')).toBe(current);
  });

  it('and the one of a migration as a whole shows what that does', () => {
    const rules = paymentRules();
    const drawn = migrationDiagram({ ...rules, phases: [rules] });
    for (const status of MIGRATION_STATUSES) expect(drawn).toContain(` ${status}`);
    const document = readFileSync(DOCUMENT, 'utf8');
    const fence = '```';
    const current = document.replace(
      MIGRATION_BLOCK,
      (_all, begin: string, end: string) => `${begin}\n${fence}mermaid\n${drawn}\n${fence}\n\n${end}`,
    );
    if (process.env['UPDATE_DOCS'] === '1') writeFileSync(DOCUMENT, current);
    expect(MIGRATION_BLOCK.test(document)).toBe(true);
    expect(readFileSync(DOCUMENT, 'utf8')).toBe(current);
  });

  it('leave out no status', () => {
    const shown = new Set(arrows.flatMap(({ from, to }) => [from, to]));
    expect([...shown].sort()).toEqual([...COHORT_STATUSES].sort());
  });
});
