import { defectTable, runDefect, SEMANTIC_DEFECTS } from './run-defects';

/** `npm run check:defects`: each semantic defect, and what lint says at its line; exits with 1 where one is missed. */
function main(): void {
  const outcomes = SEMANTIC_DEFECTS.map(runDefect);
  process.stdout.write(defectTable(outcomes));
  if (process.argv.includes('--messages'))
    for (const { name, messages, elsewhere } of outcomes)
      process.stdout.write(`\n${name}\n  ${messages.join('\n  ')}\n  ${elsewhere.join(' ')}\n`);
  if (outcomes.some(({ found }) => found.length === 0)) process.exitCode = 1;
}

main();
