import type { Picture } from '../../../domain/plan/graph/picture';
import { pictureParts } from '../../../domain/plan/graph/picture-parts';
import { toDot } from '../../../domain/plan/graph/to-dot';

const MARGIN = 16;
const LINE = 20;
const HEADING = 34;
const GAP = 4;
const FONTS = 'Helvetica,Arial,Liberation Sans,sans-serif';

/**
 * Pictures one under the other as one SVG: no script, no link, nothing loaded from elsewhere; with a title and a description for whoever cannot see it.
 * The same pictures give the same text on every machine, since Graphviz comes with the package and measures letters by a table of its own.
 */
export async function drawSvg(pictures: readonly Picture[]): Promise<string> {
  // A megabyte and a tenth of a second: only who draws pays.
  const { instance } = await import('@viz-js/viz');
  const graphviz = await instance();
  const drawn = pictures.map((picture) => ({
    picture,
    // Each part is laid out by itself, so that a long row does not stretch the others.
    parts: (picture.columns ? [picture] : pictureParts(picture)).map((part) =>
      sized(graphviz.renderString(toDot(part), { format: 'svg' })),
    ),
  }));
  const width = Math.max(...drawn.flatMap(({ parts }) => parts.map((part) => part.width))) + 2 * MARGIN;
  let height = MARGIN;
  const shown = drawn.map(({ picture, parts }) => {
    const heading = height + LINE;
    height += HEADING;
    const inside = parts.map((part) => {
      const top = height;
      height += part.height + GAP;
      return place(part, top);
    });
    height += MARGIN;
    return group(picture, heading, inside);
  });
  const [title, description] = [
    pictures.map((picture) => picture.title).join('; '),
    pictures.map((picture) => picture.description).join(' '),
  ];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="title description">`,
    `<title id="title">${xmlText(title)}</title>`,
    `<desc id="description">${xmlText(description)}</desc>`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    ...shown,
    '</svg>',
    '',
  ].join('\n');
}

interface Sized {
  width: number;
  height: number;
  viewBox: string;
  /** What stands in it. */
  body: string;
}

function group({ title, description }: Picture, heading: number, inside: readonly string[]): string {
  return [
    '<g role="group">',
    `<title>${xmlText(title)}</title>`,
    `<desc>${xmlText(description)}</desc>`,
    `<text x="${MARGIN}" y="${heading}" font-family="${FONTS}" font-size="16" font-weight="bold" fill="#1f1f1f">${xmlText(title)}</text>`,
    ...inside,
    '</g>',
  ].join('\n');
}

function place({ width, height, viewBox, body }: Sized, top: number): string {
  return `<svg x="${MARGIN}" y="${top}" width="${width}" height="${height}" viewBox="${viewBox}">\n${body}\n</svg>`;
}

/** Graphviz' own picture without what names its parts: those names would be the same in every picture, and mean nothing to a reader. */
function sized(svg: string): Sized {
  const [, , , width = 0, height = 0] =
    /<svg width="(([\d.]+)pt)" height="[\d.]+pt"\s+viewBox="[\d.]+ [\d.]+ ([\d.]+) ([\d.]+)"/.exec(svg)?.map(Number) ??
    [];
  const body = svg
    .slice(svg.indexOf('>', svg.indexOf('<svg ')) + 1, svg.lastIndexOf('</svg>'))
    .replace(/<!--[^]*?-->\n?/g, '')
    .replace(/<title>[^<]*<\/title>\n?/g, '')
    .replaceAll('&#45;', '-')
    .replace(/ (id|class)="[^"]*"/g, '')
    .replace(/font-family="[^"]*"/g, `font-family="${FONTS}"`)
    .trim();
  return { width: Math.ceil(width), height: Math.ceil(height), viewBox: `0 0 ${width} ${height}`, body };
}

function xmlText(text: string): string {
  return text.replace(/[\s\p{Cc}]+/gu, ' ').replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
