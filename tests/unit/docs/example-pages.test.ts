import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { planPages } from '../../../cli/plan/pages/plan-pages';
import { loadPlan } from '../../../domain/plan/load-plan';
import { EXAMPLE_START, examplePages } from '../../fixtures/example-pages';
import { PAYMENT, TELEHEALTH } from '../plan/plan-texts';

const FOLDER = join(__dirname, '..', '..', '..', 'docs', 'telehealth');

/** The anchors that headings have on GitHub. */
function anchorsOf(markdown: string): string[] {
  return [...markdown.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

describe('docs/telehealth', () => {
  it('is what the example gives; after a change: npm run docs:example', async () => {
    const pages = await planPages(examplePages());
    const there = readdirSync(FOLDER).sort();
    expect(there).toEqual(pages.map(({ name }) => name).sort());
    const stale = pages.filter(({ name, text }) => readFileSync(join(FOLDER, name), 'utf8') !== text);
    expect({ runDocsExample: stale.map(({ name }) => name) }).toEqual({ runDocsExample: [] });
  });

  it.each([
    ['the example', TELEHEALTH],
    ['a plan that leaves out what it may', PAYMENT],
  ])('leads nowhere that is not there, of %s', async (_, text) => {
    const pages = await planPages({ ...loadPlan(text), start: EXAMPLE_START, other: loadPlan(text) });
    const lost = pages.flatMap(({ name, text: page }) =>
      [...page.matchAll(/\]\(([^)#\s]*)(?:#([^)\s]*))?\)/g)]
        .filter(([, file = '', anchor]) => {
          const to = pages.find((one) => one.name === (file === '' ? name : file));
          return to === undefined || (anchor !== undefined && !anchorsOf(to.text).includes(anchor));
        })
        .map(([link]) => `${name}: ${link}`),
    );
    expect(lost).toEqual([]);
  });
});
