import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { recountLog } from '../../../cli/rehearse/recount-log';
import { loadPlan } from '../../../domain/plan/load-plan';
import { deriveKey } from '../../../sandbox/patients/derive-key';
import { DEFAULT_LOG_COLUMNS } from '../../../sandbox/recorded/event-log';

describe('a recount of a log', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'recount-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('counts each handoff once: kept, released or missed; and what was lost is as if it never happened', async () => {
    const { plan } = loadPlan(
      await readFile(join(__dirname, '..', '..', '..', 'examples', 'loan-funnel.yaml'), 'utf8'),
    );
    const path = join(folder, 'log.csv');
    const hour = (hours: number): string => new Date(Date.UTC(2011, 9, 1) + hours * 3_600_000).toISOString();
    const rows: [string, string, number][] = [
      ['kept', 'A_PREACCEPTED,COMPLETE', 0],
      ['kept', 'W_Completeren aanvraag,SCHEDULE', 8],
      ['late', 'A_PREACCEPTED,COMPLETE', 0.5],
      ['gone', 'A_PREACCEPTED,COMPLETE', 1],
      ['gone', 'A_DECLINED,COMPLETE', 2],
      ['lost', 'A_PREACCEPTED,COMPLETE', 3],
      ['lost', 'W_Completeren aanvraag,SCHEDULE', 4],
      ['late', 'W_Completeren aanvraag,SCHEDULE', 8.6],
      ['open', 'A_PREACCEPTED,COMPLETE', 9],
      ['open', 'A_PREACCEPTED,COMPLETE', 10],
      ['after', 'A_PREACCEPTED,COMPLETE', 25],
    ];
    const sorted = [...rows].sort((one, other) => one[2] - other[2]);
    const text = sorted.map(([id, activity, at]) => `${id},${activity},${hour(at)}`).join('\n');
    await writeFile(path, `case_id,activity,lifecycle,timestamp\n${text}\n`);
    const key = (caseId: string): string => deriveKey('application', 'a seed', caseId);
    const counts = await recountLog({
      plan,
      log: { path, columns: DEFAULT_LOG_COLUMNS, days: 1 },
      timeScale: 60,
      seed: 'a seed',
      prefix: 'application',
      lost: [{ journey: key('lost'), sequence: 1 }],
    });
    expect(counts.get('preaccepted-to-work-list')).toEqual({
      kept: 1,
      released: 1,
      missed: 3,
      missedBy: new Set([key('late'), key('lost'), key('open')]),
    });
  });
});
