import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { VendorModule } from '../../../domain/hooks/vendor-item';
import { VENDOR_NAMES, VENDORS } from '../../../domain/hooks/vendors';
import { TELEHEALTH } from '../plan/plan-texts';

const PATH = join(__dirname, '../../../docs/hooks.md');
const codes = (names: readonly string[]): string => names.map((name) => `\`${name}\``).join(', ');

function meaning({ from, when = {}, to, always = {} }: VendorModule['defaults'][number]): string {
  const conditions = Object.entries(when).map(([field, oneOf]) => ` with ${field} ${oneOf.join(' or ')}`);
  const data = Object.entries(always).map((entry) => ` (${entry.join(' ')})`);
  return `\`${from}\`${conditions.join('')} → ${to === undefined ? 'ids only' : `\`${to}\`${data.join('')}`}`;
}

/** A row for each vendor: what may be named in a plan, and what its types usually mean. */
function vendorTable(): string {
  const rows = VENDOR_NAMES.map((vendor) => {
    const { title, fields, carriesFields, kinds, defaults }: VendorModule = VENDORS[vendor];
    const named = `${codes(fields)}${carriesFields ? ', and what a stack gives it to carry' : ''}`;
    return `| \`${vendor}\` (${title}) | ${codes(Object.keys(kinds))} | ${named} | ${defaults.map(meaning).join('; ')} |`;
  });
  return ['| vendor | ids | fields | what its types usually mean |', '| --- | --- | --- | --- |', ...rows].join('\n');
}

// After a change of a vendor: UPDATE_DOCS=1 npx jest hooks-page
describe('docs/hooks.md', () => {
  it('has a row for each vendor, with what is known of it', () => {
    const block = /(<!-- vendors: written by tests\/unit\/docs\/hooks-page.test.ts -->\n)[^]*?(<!-- end -->)/;
    const page = readFileSync(PATH, 'utf8');
    expect(block.test(page)).toBe(true);
    const current = page.replace(block, (_all, begin: string, end: string) => `${begin}\n${vendorTable()}\n\n${end}`);
    if (process.env['UPDATE_DOCS'] === '1') writeFileSync(PATH, current);
    expect(readFileSync(PATH, 'utf8')).toBe(current);
  });

  it('quotes the plan of the whole journey as it is', () => {
    const quotes = [...readFileSync(PATH, 'utf8').matchAll(/^```yml\n(.*?)^```$/gms)].map(([, quote]) => quote ?? '');
    expect(quotes.length).toBeGreaterThan(2);
    for (const quote of quotes) expect(TELEHEALTH).toContain(quote);
  });
});
