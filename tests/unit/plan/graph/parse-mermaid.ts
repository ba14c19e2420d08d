import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

/** What Mermaid's own parser makes of a flowchart: the text of every node, decoded; or why it refuses. */
export type Parsed = { nodes: string[]; edges: number } | { refused: string };

const ROOT = join(__dirname, '..', '..', '..', '..');

/** Mermaid asks a sanitizer that needs a browser. What is tested is the grammar, so it lets everything through here. */
const SCRIPT = `
import DOMPurify from 'dompurify';
DOMPurify.sanitize = (text) => text;
DOMPurify.addHook = () => undefined;
const { default: mermaid } = await import('mermaid');
mermaid.initialize({ securityLevel: 'loose' });
let input = '';
for await (const chunk of process.stdin) input += chunk;
const answers = [];
for (const text of JSON.parse(input)) {
  try {
    const { db } = await mermaid.mermaidAPI.getDiagramFromText(text);
    answers.push({ nodes: [...db.getVertices().values()].map((node) => node.text), edges: db.getEdges().length });
  } catch (error) {
    answers.push({ refused: String(error.message) });
  }
}
process.stdout.write(JSON.stringify(answers));
`;

/** Mermaid is an ES module, so another process loads it: once for all texts. */
export function parseMermaid(texts: readonly string[]): Parsed[] {
  const printed = execFileSync(process.execPath, ['--input-type=module', '--eval', SCRIPT], {
    cwd: ROOT,
    input: JSON.stringify(texts),
    encoding: 'utf8',
    maxBuffer: 64_000_000,
  });
  return (JSON.parse(printed) as Parsed[]).map((one) =>
    'refused' in one ? one : { ...one, nodes: one.nodes.map(decoded) },
  );
}

/** Mermaid keeps an encoded character as a placeholder until it draws. */
function decoded(text: string): string {
  return text.replace(/ﬂ°°(\d+)¶ß/g, (_, number: string) => String.fromCodePoint(Number(number)));
}
