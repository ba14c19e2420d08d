export function unreachable(value: never): never {
  throw new Error(JSON.stringify(value));
}
