import type { EdgeKind, Picture, PictureEdge, PictureGroup, PictureNode, Tone } from './picture';

/** Each tone has a shape of its own, or a border, and not only a colour. */
const STYLES: Record<Tone, string> = {
  legacy: 'shape=box fillcolor="#f4e6cd" color="#7a5a1e"',
  target: 'shape=box peripheries=2 fillcolor="#d9e8fb" color="#1f4e8c"',
  shared: 'shape=cylinder fillcolor="#e2efdc" color="#3d6b35"',
  event: 'shape=box style="rounded,filled" fillcolor="#ffffff" color="#555555"',
  handoff: 'shape=box fillcolor="#eef1f5" color="#555f6d"',
  bridge: 'shape=box style="filled,dashed" penwidth=2 fillcolor="#fdebd8" color="#a5480a"',
  step: 'shape=box fillcolor="#eef1f5" color="#555f6d"',
  people: 'shape=box style="rounded,filled" fillcolor="#efe6f7" color="#5f3a86"',
  gate: 'shape=box style="filled,diagonals" fillcolor="#e2efdc" color="#3d6b35"',
  watched: 'shape=box style="filled,dashed" fillcolor="#ffffff" color="#3d6b35"',
  byHand: 'shape=box style="filled,dashed" fillcolor="#ffffff" color="#9b2226"',
  rule: 'shape=box3d fillcolor="#f9dede" color="#9b2226"',
  note: 'shape=note fillcolor="#fbf7e6" color="#8a7a3a"',
};

const EDGES: Record<EdgeKind, string> = {
  plain: 'color="#333333"',
  bridge: 'style=dashed penwidth=2 color="#a5480a" fontcolor="#7a3506"',
  bridgeBack: 'dir=back style=dashed penwidth=2 color="#a5480a" fontcolor="#7a3506"',
  link: 'arrowhead=none color="#8a8a8a"',
  back: 'style=dashed color="#9b2226" fontcolor="#7c1b1e"',
};

/** One that Graphviz knows the widths of: nodes are as wide as their text. */
const FONT = 'fontname="Helvetica"';

/** A picture in the language of Graphviz. Every text of the plan stands in a label of its own, encoded. */
export function toDot({ id, direction, groups: inOrder, edges }: Picture): string {
  // To the right, Graphviz puts what comes first at the bottom.
  const groups = direction === 'down' ? inOrder : inOrder.map(upwards).reverse();
  const names = new Map(groups.flatMap(({ nodes }) => nodes).map((node, index) => [node.id, `n${index + 1}`]));
  const nameOf = (node: string): string => names.get(node) ?? 'n0';
  return [
    `digraph ${quoted(id)} {`,
    `  graph [rankdir=${direction === 'right' ? 'LR' : 'TB'} bgcolor="#ffffff" ${FONT} fontsize=12 nodesep=0.2 ranksep=0.35 newrank=true]`,
    `  node [style=filled ${FONT} fontsize=11 fontcolor="#1f1f1f" margin="0.14,0.07"]`,
    `  edge [${FONT} fontsize=10 fontcolor="#333333" arrowsize=0.7]`,
    ...groups.flatMap((group, index) => [
      `  subgraph cluster_${index + 1} {`,
      `    graph [label=${label(group.lines)} labeljust=l style="rounded,filled" color="#9aa3ad" fillcolor="#fafbfc" margin=10]`,
      ...group.nodes.map((node) => `    ${drawNode(node, nameOf(node.id))}`),
      '  }',
    ]),
    ...edges.map((edge) => `  ${drawEdge(edge, nameOf)}`),
    '}',
  ].join('\n');
}

function upwards({ nodes, ...group }: PictureGroup): PictureGroup {
  return { ...group, nodes: [...nodes].reverse() };
}

function drawNode({ tone, lines }: PictureNode, name: string): string {
  return `${name} [label=${label(lines)} ${STYLES[tone]}]`;
}

function drawEdge({ from, to, kind, lines }: PictureEdge, nameOf: (id: string) => string): string {
  const says = lines.length === 0 ? '' : `label=<${lines.map(dotText).join('<br/>')}> `;
  return `${nameOf(from)} -> ${nameOf(to)} [${says}${EDGES[kind]}]`;
}

/** The first line is the name, and bold. */
function label(lines: readonly string[]): string {
  const [name = ' ', ...others] = lines.map(dotText);
  return `<${[`<b>${name}</b>`, ...others].join('<br/>')}>`;
}

/** Text in a label of Graphviz' markup. An empty line would be no markup. */
export function dotText(text: string): string {
  const line = text.replace(/[\s\p{Cc}]+/gu, ' ').trim();
  const encoded = line.replace(/[&<>"'\\]/g, (character) => `&#${character.charCodeAt(0)};`);
  return encoded === '' ? ' ' : encoded;
}

function quoted(name: string): string {
  return `"${name.replace(/[^A-Za-z0-9_-]/g, '')}"`;
}
