import { diffPageTo } from './diff-page';
import { dryRunPageFrom } from './dry-run-page';
import { withList } from './folder-list';
import { indexPage } from './index-page';
import { journeyPage } from './journey-page';
import { peoplePage } from './people-page';
import { phasesPage } from './phases-page';
import { INDEX, type PageFile, type PageSubject, type PlanPage } from './plan-page';
import { raciPage } from './raci-page';
import { stackPage } from './stack-page';

/** Every page but the index, in the order that the index lists them in. One more here is one more in the folder. */
function pagesOf({ start, other }: PageSubject): PlanPage[] {
  return [
    ...[stackPage, journeyPage, phasesPage, peoplePage, raciPage],
    ...(start === undefined ? [] : [dryRunPageFrom(start)]),
    ...(other === undefined ? [] : [diffPageTo(other)]),
  ];
}

/** A plan as pages for people: pictures, tables, and an index that tells it in words. The same plan gives the same files. */
export async function planPages(subject: PageSubject): Promise<PageFile[]> {
  const pages = pagesOf(subject);
  const files = [{ name: INDEX, text: indexPage(subject, pages) }];
  for (const one of pages) files.push(...(await one.write(subject)));
  return withList(files);
}
