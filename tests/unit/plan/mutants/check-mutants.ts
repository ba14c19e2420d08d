import { changes, mutantTable, runMutants } from './run-mutants';

/**
 * `npm run check:mutants`: every operator at one path of each kind in plans that use all of the language, some minutes; with `--all` at every
 * path, half an hour. Prints what became of them; exits with 1 where one is missed.
 */
function main(): void {
  const all = process.argv.includes('--all');
  const tallies = runMutants(all ? changes() : changes(([first]) => first));
  process.stdout.write(mutantTable(tallies));
  if ([...tallies.values()].some(({ missed }) => missed.length > 0)) process.exitCode = 1;
}

main();
