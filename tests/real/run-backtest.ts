import type { BacktestResult } from '../../cli/backtest/backtest-screen';
import { runCli } from '../../cli/run-cli';

/** What `handoff backtest --json` prints, run in this process. @throws Error with what it printed of a failure */
export async function runBacktest(...args: string[]): Promise<BacktestResult> {
  let out = '';
  let err = '';
  const exitCode = await runCli(['backtest', '--json', ...args], {
    stdout: { write: (text) => (out += text) },
    stderr: { write: (text) => (err += text) },
    env: {},
    signal: new AbortController().signal,
  });
  if (exitCode !== 0) throw new Error(`The backtest ended with ${exitCode}: ${err}`);
  return JSON.parse(out) as BacktestResult;
}
