/** Fails to compile where a union has a member that a switch does not handle; throws if one arrives at run time all the same. */
export function unreachable(value: never): never {
  throw new Error(`A case that the types rule out: ${JSON.stringify(value)}`);
}
