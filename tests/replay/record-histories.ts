import { mkdirSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { temporal } from '@temporalio/proto';
import Long from 'long';
import { exceptionClockId } from '../../domain/migration/exception-clock';
import { RunningEngine, type RunningMigration } from '../workflows/running-engine';
import { STORIES, type StoryName } from './stories';

/**
 * Writes the histories that the replay tests hold the engine to (`npm run histories:record`). Run it when a change of the engine is
 * meant to be incompatible, after ENGINE_VERSION was raised; the old ones stay for as long as workflows of that version may live.
 */
const { History } = temporal.api.history.v1;

const folder = join(__dirname, 'histories');
let engine: RunningEngine;

beforeAll(async () => {
  mkdirSync(folder, { recursive: true });
  engine = await RunningEngine.start();
});

afterAll(async () => {
  await engine.stop();
});

it.each(Object.keys(STORIES) as StoryName[])('records %s', async (name) => {
  const { tell, keep } = STORIES[name];
  const migration = await tell(engine);
  for (const workflow of keep) {
    const id = await workflowIdOf(migration, workflow);
    const history = await engine.client.workflow.getHandle(id).fetchHistory();
    writeFileSync(join(folder, `${name}-${workflow}.history`), encode(withoutMachine(history)));
  }
});

async function workflowIdOf(migration: RunningMigration, workflow: 'migration' | 'phase' | 'clock'): Promise<string> {
  if (workflow !== 'clock') return workflow === 'phase' ? migration.workflowId : migration.id;
  const { rows } = await engine.database.db.query<{ id: string }>('SELECT id FROM exception WHERE migration = $1', [
    migration.id,
  ]);
  return exceptionClockId(migration.id, rows[0]?.id ?? '');
}

function encode(history: temporal.api.history.v1.IHistory): Uint8Array {
  return History.encode(history).finish();
}

/** Temporal writes down which process did what, by its host's name: nothing that a replay looks at. */
function withoutMachine(history: temporal.api.history.v1.IHistory): temporal.api.history.v1.IHistory {
  const host = hostname();
  const cleaned = (value: unknown): unknown => {
    if (typeof value === 'string') return value.includes(`@${host}`) ? 'recorded' : value;
    if (Array.isArray(value)) return value.map(cleaned);
    if (value === null || typeof value !== 'object' || value instanceof Uint8Array || Long.isLong(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, cleaned(inner)]));
  };
  return History.fromObject(cleaned(History.toObject(History.fromObject(history))) as Record<string, unknown>);
}
