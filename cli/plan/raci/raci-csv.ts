import { stringify } from 'csv-stringify/sync';
import type { RaciRow } from '../../../domain/plan/raci/raci-row';

const COLUMNS = ['area', 'thing', 'responsible', 'accountable', 'consulted', 'informed', 'due', 'from'] as const;

/**
 * Who owns what as CSV (RFC 4180), several names in a cell with a semicolon between them. No cell is a formula in a spreadsheet: one that begins like one has an apostrophe
 * before it. Lines and runs of spaces inside a cell become one space, so that nothing hides before such a beginning.
 */
export function raciCsv(rows: readonly RaciRow[]): string {
  const records = rows.map((row) => [
    row.area,
    row.thing,
    row.responsible.join('; '),
    row.accountable ?? '',
    row.consulted.join('; '),
    row.informed.join('; '),
    row.due ?? '',
    row.from,
  ]);
  return stringify(
    records.map((record) => record.map((cell) => cell.replace(/[\s\p{Cc}]+/gu, ' ').trim())),
    { header: true, columns: [...COLUMNS], record_delimiter: 'windows', escape_formulas: true },
  );
}
