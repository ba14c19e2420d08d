import { raciOf } from '../../../domain/plan/raci/raci-of';
import { raciCsv } from '../raci/raci-csv';
import { raciMarkdown } from '../raci/raci-markdown';
import type { PlanPage } from './plan-page';

export const raciPage: PlanPage = {
  file: 'raci.md',
  title: 'Who owns what',
  says: 'who does what, who answers for it, who agreed and who hears of it, with deadlines; `raci.csv` is the same for a spreadsheet',
  write({ plan }) {
    const rows = raciOf(plan);
    return [
      { name: 'raci.md', text: raciMarkdown(plan, rows) },
      { name: 'raci.csv', text: raciCsv(rows) },
    ];
  },
};
