import type { Command, SealedName } from './commands';

/**
 * Whether a command was sealed for this workflow and this name, and is not one that was seen before. A copy of an encrypted payload,
 * sent again or elsewhere, is none of these.
 * @param seen nonces of the commands that this workflow took
 */
export function sealHolds(
  command: Pick<Command, 'seal'>,
  name: SealedName,
  workflowId: string,
  seen: ReadonlySet<string>,
): boolean {
  const { seal } = command;
  if (seal === undefined || typeof seal !== 'object') return false;
  return (
    seal.workflowId === workflowId && seal.name === name && typeof seal.nonce === 'string' && !seen.has(seal.nonce)
  );
}
