import type { EdgeKind, Picture, PictureEdge, PictureGroup, PictureNode, Tone } from './picture';
import { pictureParts } from './picture-parts';

/** What stands around a node's text: the shape says the tone to whoever sees no colours. */
const SHAPES: Record<Tone, readonly [string, string]> = {
  legacy: ['[', ']'],
  target: ['[[', ']]'],
  shared: ['[(', ')]'],
  event: ['([', '])'],
  handoff: ['[', ']'],
  bridge: ['[', ']'],
  step: ['[', ']'],
  people: ['(', ')'],
  gate: ['{{', '}}'],
  rule: ['[/', '/]'],
  watched: ['{{', '}}'],
  byHand: ['[/', '/]'],
  note: ['>', ']'],
};

/** An arrow to the left is none of Mermaid's: what goes back says so in words. */
const ARROWS: Record<EdgeKind, string> = {
  plain: '-->',
  bridge: '-.->',
  bridgeBack: '-.-',
  link: '---',
  back: '-.->',
};

const CLASSES: Record<Tone, string> = {
  legacy: 'fill:#f4e6cd,stroke:#7a5a1e,color:#1f1f1f',
  target: 'fill:#d9e8fb,stroke:#1f4e8c,color:#1f1f1f',
  shared: 'fill:#e2efdc,stroke:#3d6b35,color:#1f1f1f',
  event: 'fill:#ffffff,stroke:#555555,color:#1f1f1f',
  handoff: 'fill:#eef1f5,stroke:#555f6d,color:#1f1f1f',
  bridge: 'fill:#fdebd8,stroke:#a5480a,color:#1f1f1f,stroke-dasharray:5 4,stroke-width:2px',
  step: 'fill:#eef1f5,stroke:#555f6d,color:#1f1f1f',
  people: 'fill:#efe6f7,stroke:#5f3a86,color:#1f1f1f',
  gate: 'fill:#e2efdc,stroke:#3d6b35,color:#1f1f1f',
  rule: 'fill:#f9dede,stroke:#9b2226,color:#1f1f1f',
  watched: 'fill:#ffffff,stroke:#3d6b35,color:#1f1f1f,stroke-dasharray:5 4',
  byHand: 'fill:#ffffff,stroke:#9b2226,color:#1f1f1f,stroke-dasharray:5 4',
  note: 'fill:#fbf7e6,stroke:#8a7a3a,color:#1f1f1f',
};

const FRAME = 'fill:#fafbfc,stroke:#9aa3ad,color:#1f1f1f';

/**
 * A picture as a Mermaid flowchart. Nodes are numbered, and all text of the plan stands in quotes with everything encoded that could mean anything there, so that no
 * title can end its label, add a line or become markup.
 */
export function toMermaid(picture: Picture): string {
  const { title, description, direction, edges } = picture;
  // Mermaid puts what nothing joins from the bottom to the top.
  const groups = pictureParts(picture)
    .reverse()
    .flatMap((part) => part.groups);
  const nodes = groups.flatMap((group) => group.nodes);
  const names = new Map(nodes.map(({ id }, index) => [id, `n${index + 1}`]));
  const nameOf = (id: string): string => names.get(id) ?? 'n0';
  const tones = [...new Set(nodes.map(({ tone }) => tone))].sort();
  return [
    `%%{init: ${JSON.stringify(layoutFor(groups))}}%%`,
    `flowchart ${direction === 'right' ? 'LR' : 'TD'}`,
    `    accTitle: ${plain(title)}`,
    `    accDescr: ${plain(description)}`,
    ...groups.flatMap((group, index) => [
      `    subgraph g${index + 1}["${label(group.lines)}"]`,
      `        direction ${direction === 'right' ? 'LR' : 'TB'}`,
      ...group.nodes.map((node) => `        ${nameOf(node.id)}${drawNode(node)}`),
      '    end',
    ]),
    ...edges.map((edge) => `    ${drawEdge(edge, nameOf)}`),
    `    classDef frame ${FRAME}`,
    `    class ${groups.map((_, index) => `g${index + 1}`).join(',')} frame`,
    ...tones.map((tone) => `    classDef ${tone} ${CLASSES[tone]}`),
    ...tones.map(
      (tone) =>
        `    class ${nodes
          .filter((node) => node.tone === tone)
          .map(({ id }) => nameOf(id))
          .join(',')} ${tone}`,
    ),
  ].join('\n');
}

/** Room for titles of several lines, and lines as they were broken here. */
function layoutFor(groups: readonly PictureGroup[]): object {
  const lines = Math.max(...groups.map((group) => group.lines.length));
  return { flowchart: { wrappingWidth: 420, subGraphTitleMargin: { top: 4, bottom: 6 + 24 * (lines - 1) } } };
}

function drawNode({ tone, lines }: PictureNode): string {
  const [open, close] = SHAPES[tone];
  return `${open}"${label(lines)}"${close}`;
}

function drawEdge({ from, to, kind, lines }: PictureEdge, nameOf: (id: string) => string): string {
  const says = lines.length === 0 ? '' : `|"${label(lines)}"|`;
  return `${nameOf(from)} ${ARROWS[kind]}${says} ${nameOf(to)}`;
}

function label(lines: readonly string[]): string {
  return lines.map(mermaidText).join('<br/>');
}

/**
 * One line of text inside a quoted label, as Mermaid decodes it: what is neither a letter, a digit, a space nor plain punctuation is written by its number. So is a dot after
 * a number at the beginning, which would be taken for a list.
 */
export function mermaidText(text: string): string {
  const line = text.replace(/\s+/gu, ' ').trim();
  return line
    .replace(/[^\p{L}\p{M}\p{N} .,:'/()%→-]|%(?=%)/gu, (character) => `#${character.codePointAt(0) ?? 32};`)
    .replace(/^(\d+)\./, '$1#46;')
    .replace(/^([-])/, '#45;');
}

/** For whoever hears the picture: letters and plain punctuation alone, since nothing is decoded there. */
function plain(text: string): string {
  return text
    .replace(/[^\p{L}\p{M}\p{N} .,:'/()→-]/gu, ' ')
    .replace(/\s+/gu, ' ')
    .trim();
}
