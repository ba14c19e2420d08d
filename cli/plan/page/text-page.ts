import { unreachable } from '../../../domain/unreachable';
import { table } from '../../screens/table';
import type { Block, Page } from './page';

/** A page for a terminal. */
export function textPage(page: Page): string {
  return page.map(text).join('\n\n');
}

function text(block: Block): string {
  switch (block.kind) {
    case 'heading':
      return block.level === 3
        ? block.text
        : `${block.text}\n${(block.level === 1 ? '=' : '-').repeat(block.text.length)}`;
    case 'text':
      return block.text;
    case 'list':
      return block.items.map((item) => `- ${item}`).join('\n');
    case 'table':
      return table(block.headings, block.rows);
    default:
      return unreachable(block);
  }
}
