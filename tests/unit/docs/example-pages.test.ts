import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { planPages } from '../../../cli/plan/pages/plan-pages';
import { loadPlan } from '../../../domain/plan/load-plan';
import { TELEHEALTH } from '../plan/plan-texts';

const FOLDER = join(__dirname, '..', '..', '..', 'docs', 'telehealth');

describe('docs/telehealth', () => {
  it('is what the example gives; after a change: npm run docs:example', async () => {
    const pages = await planPages(loadPlan(TELEHEALTH));
    const there = readdirSync(FOLDER).sort();
    expect(there).toEqual(pages.map(({ name }) => name).sort());
    const stale = pages.filter(({ name, text }) => readFileSync(join(FOLDER, name), 'utf8') !== text);
    expect({ runDocsExample: stale.map(({ name }) => name) }).toEqual({ runDocsExample: [] });
  });
});
