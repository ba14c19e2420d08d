import type { LinkAnswer, LinkResult } from '../../domain/status/key-links';

/** What came of linking, without a key in it; what was refused by its place in what was given. */
export function linksScreen({ linked, alreadyLinked, refused, contradicted, results }: LinkAnswer): string {
  const counts = [`${linked} linked`, `${alreadyLinked} linked before`, `${refused} refused`];
  const lines = [`${counts.join(', ')}. Every API process answers so.`];
  if (contradicted > 0) {
    lines.push(
      `${contradicted} had heard two sides: each key keeps its own while its journey is open, and a case is open for a person. See 'handoff queue list'.`,
    );
  }
  return [...lines, ...results.flatMap(refusalLine)].join('\n');
}

function refusalLine(result: LinkResult, at: number): string[] {
  return result.outcome === 'refused' ? [`  ${at + 1}: ${result.detail} (${result.code})`] : [];
}
