import type { Picture } from '../../../domain/plan/graph/picture';
import { toDot } from '../../../domain/plan/graph/to-dot';
import { toMermaid } from '../../../domain/plan/graph/to-mermaid';
import { unreachable } from '../../../domain/unreachable';
import { drawSvg } from './draw-svg';

export const PICTURE_FORMATS = ['mermaid', 'svg', 'dot'] as const;
export type PictureFormat = (typeof PICTURE_FORMATS)[number];

/** Pictures as one text: Markdown with Mermaid in it, one SVG, or graphs of Graphviz one after the other. */
export async function drawPictures(pictures: readonly Picture[], format: PictureFormat): Promise<string> {
  switch (format) {
    case 'mermaid':
      return pictures.map(mermaidSection).join('\n');
    case 'svg':
      return drawSvg(pictures);
    case 'dot':
      return pictures.map((picture) => `${toDot(picture)}\n`).join('\n');
    default:
      return unreachable(format);
  }
}

/** A picture under its title, as Markdown that shows Mermaid. */
export function mermaidSection(picture: Picture): string {
  return [`## ${picture.title}`, '', picture.description, '', '```mermaid', toMermaid(picture), '```', ''].join('\n');
}
