import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporal } from '@temporalio/proto';
import { Worker, type ReplayWorkerOptions } from '@temporalio/worker';
import { createDataConverter } from '../../platform/payload-codec';
import { quietRuntime } from '../setup/quiet-runtime';
import { TEST_PAYLOAD_KEY } from '../workflows/running-engine';
import { STORIES } from './stories';

const folder = join(__dirname, 'histories');

function options(): ReplayWorkerOptions {
  const codePath = process.env['HANDOFF_TEST_WORKFLOW_BUNDLE'] ?? '';
  return { workflowBundle: { codePath }, dataConverter: createDataConverter(TEST_PAYLOAD_KEY) };
}

/** Under the workflow id that it ran with: a phase runs under its own only. */
async function replay(history: temporal.api.history.v1.History): Promise<void> {
  const id = history.events[0]?.workflowExecutionStartedEventAttributes?.workflowId ?? '';
  await Worker.runReplayHistory(options(), history, id);
}

function decode(bytes: Buffer): temporal.api.history.v1.History {
  return temporal.api.history.v1.History.decode(bytes);
}

beforeAll(() => {
  quietRuntime();
});

describe('histories of workflows that ran before', () => {
  const files = readdirSync(folder).filter((file) => file.endsWith('.history'));

  it('are there for every story', () => {
    const wanted = Object.entries(STORIES).flatMap(([name, { keep }]) =>
      keep.map((workflow) => `${name}-${workflow}.history`),
    );
    expect(files).toEqual(expect.arrayContaining(wanted));
  });

  it.each(files)('%s still replays', async (file) => {
    await replay(decode(readFileSync(join(folder, file))));
  });

  it('one that this engine could not have made is refused', async () => {
    const recorded = readFileSync(join(folder, 'rollback-phase.history'));
    const tampered = Buffer.from(recorded.toString('latin1').replaceAll('lowerTraffic', 'shiftTraffic'), 'latin1');
    expect(tampered.equals(recorded)).toBe(false);
    await expect(replay(decode(tampered))).rejects.toThrow(/shiftTraffic|lowerTraffic|[Nn]ondeterminis/);
  });
});
