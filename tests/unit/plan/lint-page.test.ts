import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LINT_CODES } from '../../../domain/plan/lint/lint-catalogue';
import { lintPage } from './lint-page';

const DOCUMENT = join(__dirname, '../../../docs/plan-lint.md');

// After a change of the catalogue: UPDATE_DOCS=1 npx jest lint-page
describe('docs/plan-lint.md', () => {
  it('explains every code of the catalogue, as it is', () => {
    if (process.env['UPDATE_DOCS'] === '1') writeFileSync(DOCUMENT, lintPage());
    const page = readFileSync(DOCUMENT, 'utf8');
    expect(page).toBe(lintPage());
    for (const code of LINT_CODES) expect(page).toContain(`\n### ${code}\n`);
  });
});
