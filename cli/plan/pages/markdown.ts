/** Text of a plan inside Markdown: nothing in it ends a cell, starts markup or becomes HTML. */
export function inline(text: string): string {
  return text
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim()
    .replace(/[&<>]/g, (character) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[character] ?? character)
    .replace(/[\\`*_[\]|~!]|^[#+-]|(?<=^\d+)[.)]/g, (character) => `\\${character}`);
}

/** A name of the plan, as code. What its grammar lets through needs no escape; anything else is left out. */
export function code(name: string): string {
  return `\`${name.replace(/[`|\s\p{Cc}]/gu, '')}\``;
}

export function codes(names: readonly string[]): string {
  return names.length === 0 ? '' : names.map(code).join(', ');
}

/** Cells are Markdown already; an empty one is a dash. Nothing where there is no row. */
export function markdownTable(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return '';
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => (cell === '' ? '–' : cell)).join(' | ')} |`;
  return [line(headings), `|${' --- |'.repeat(headings.length)}`, ...rows.map(line)].join('\n');
}

/** Blocks of a page with an empty line between them; empty ones are left out. */
export function page(...blocks: readonly string[]): string {
  return `${blocks.filter((block) => block !== '').join('\n\n')}\n`;
}
