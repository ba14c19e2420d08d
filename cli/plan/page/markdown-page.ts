import { unreachable } from '../../../domain/unreachable';
import { inline } from '../pages/markdown';
import type { Block, Page } from './page';

/** A page as Markdown, which GitHub and others draw. What stands in a plan is text there, never markup. */
export function markdownPage(page: Page): string {
  return `${page.map(markdown).join('\n\n')}\n`;
}

function markdown(block: Block): string {
  switch (block.kind) {
    case 'heading':
      return `${'#'.repeat(block.level)} ${inline(block.text)}`;
    case 'text':
      return inline(block.text);
    case 'list':
      return block.items.map((item) => `- ${inline(item)}`).join('\n');
    case 'table': {
      const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
      const head = line(block.headings.map((heading) => inline(heading.replace(/^#/, ''))));
      const rule = line(block.headings.map((heading) => (heading.startsWith('#') ? '--:' : '---')));
      return [head, rule, ...block.rows.map((row) => line(row.map(inline)))].join('\n');
    }
    default:
      return unreachable(block);
  }
}
