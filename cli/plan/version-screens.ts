import type { PlanPreview, PlanVersionList } from '../../domain/status/plan-versions';
import { shortHash } from '../screens/status-words';
import { table } from '../screens/table';
import { changeLines } from './diff-screen';

/** What another version would change, what stands in its way, and who has to agree. */
export function previewScreen(preview: PlanPreview): string {
  const { from, to, refused, needs } = preview;
  const decision =
    refused.length > 0
      ? [
          'It cannot be taken while the migration is under way:',
          ...refused.map(({ path, message }) => `  ${path}  ${message}`),
        ]
      : [
          `It takes 1 of ${needs.roles.join(', ')}${needs.fourEyes ? ', another person than who proposes it' : ''}.`,
          'Decisions that wait for people by then are void, and asked anew.',
        ];
  return [`plan ${shortHash(from)} → ${shortHash(to)}`, '', ...changeLines(preview), ...decision].join('\n');
}

/** The versions of a migration's plan, and the one that waits. */
export function versionsScreen({ versions, proposal }: PlanVersionList): string {
  const rows = versions.map(({ number, planHash, proposedBy, approvedBy, adoptedAt }) => [
    String(number),
    planHash,
    proposedBy,
    approvedBy,
    adoptedAt,
  ]);
  const listed = table(['#VERSION', 'PLAN', 'PROPOSED BY', 'APPROVED BY', 'SINCE'], rows);
  if (proposal === null) return listed;
  return [
    listed,
    '',
    `Proposed by ${proposal.by} at ${proposal.at}: ${proposal.planHash}`,
    previewScreen(proposal.preview),
    "Say yes with 'handoff plan approve', or no with 'handoff plan reject'.",
  ].join('\n');
}
