import { readEventLog, type LogColumns } from './event-log';

/** What the first days of a log hold, counted apart from any replay of it. */
export interface LogSurvey {
  /** Milliseconds since 1970. */
  firstAt: number;
  lastAt: number;
  events: number;
  cases: number;
  types: ReadonlyMap<string, number>;
  /** Whether the log went on after those days. */
  wentOn: boolean;
}

/** Counts a log's first `days`, reading all of that part: whatever is wrong with it shows before anything is started. @throws BadEventLog */
export async function surveyLog(path: string, columns: LogColumns, days: number): Promise<LogSurvey> {
  const cases = new Set<string>();
  const types = new Map<string, number>();
  let firstAt: number | undefined;
  let lastAt = 0;
  let events = 0;
  let wentOn = false;
  for await (const activity of readEventLog(path, columns)) {
    firstAt ??= activity.at;
    if (activity.at >= firstAt + days * DAY) {
      wentOn = true;
      break;
    }
    lastAt = activity.at;
    events += 1;
    cases.add(activity.caseId);
    types.set(activity.type, (types.get(activity.type) ?? 0) + 1);
  }
  return { firstAt: firstAt ?? 0, lastAt, events, cases: cases.size, types, wentOn };
}

const DAY = 86_400_000;
