import { join } from 'node:path';
import type { Load, LoadResult } from './load';
import { MeasuredProcess } from './measured-process';

/** The load generator, from outside. */
export class LoadProcess {
  private constructor(private readonly process: MeasuredProcess) {}

  static start(): LoadProcess {
    return new LoadProcess(
      MeasuredProcess.start({ name: 'load generator', script: join(__dirname, 'load-generator.ts'), typescript: true }),
    );
  }

  /** @throws Error where a connection broke */
  async run(load: Load): Promise<LoadResult> {
    const [result] = await this.runTogether([load]);
    if (result === undefined) throw new Error('The load generator gave no result.');
    return result;
  }

  /** Several servers at the same time, by one event loop: what holds it or the machine up meets all of them. @throws Error where a connection broke */
  async runTogether(loads: readonly Load[]): Promise<LoadResult[]> {
    const answer = await this.process.ask<{ results: LoadResult[] } | { failure: string }>(loads);
    if ('failure' in answer) throw new Error(`The load could not be driven: ${answer.failure}`);
    return answer.results;
  }

  async stop(): Promise<void> {
    await this.process.stop();
  }
}
