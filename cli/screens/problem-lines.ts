/** Problems one a line: of a plan as `line:column  path  what to write instead`, of a request as `field  what to send instead`. */
export function problemLines(problems: readonly unknown[]): string[] {
  return problems.map((problem) => `  ${lineOf(problem)}`);
}

function lineOf(problem: unknown): string {
  if (typeof problem === 'string') return problem;
  if (typeof problem !== 'object' || problem === null) return '';
  const { line, column, path, message } = problem as {
    line?: number;
    column?: number;
    path?: string;
    message?: string;
  };
  const place = line === undefined ? '' : `${line}:${column ?? 1}`;
  return [place, path ?? '', message ?? ''].filter((part) => part !== '').join('  ');
}
