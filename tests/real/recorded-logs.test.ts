import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { recountLog, type Recount } from '../../cli/rehearse/recount/recount-log';
import { handoffRules } from '../../domain/handoffs/handoff-rule';
import { matchHandoff, type JourneyEvent } from '../../domain/handoffs/match-handoffs';
import { loadPlan } from '../../domain/plan/load-plan';
import { deriveKey } from '../../sandbox/patients/derive-key';
import { DEFAULT_LOG_COLUMNS, readEventLog } from '../../sandbox/recorded/event-log';
import { surveyLog } from '../../sandbox/recorded/survey-log';
import { eventLog } from './real-data';

/** Days that no log outlasts. */
const WHOLE = 3_650;

it.each([
  ['loan-applications-2012.csv.gz', 13_087, 262_200],
  ['helpdesk-tickets.csv.gz', 4_580, 21_348],
])('%s is read whole: each case, each event', async (name, cases, events) => {
  expect(await surveyLog(eventLog(name), DEFAULT_LOG_COLUMNS, WHOLE)).toMatchObject({ cases, events, wentOn: false });
});

describe('the loan log and the plan over it', () => {
  const { plan } = loadPlan(readFileSync(join(__dirname, '..', '..', 'examples', 'loan-funnel.yaml'), 'utf8'));
  const journeys = new Map<string, JourneyEvent[]>();
  let recount: ReadonlyMap<string, Recount>;

  beforeAll(async () => {
    const path = eventLog('loan-applications-2012.csv.gz');
    for await (const { caseId, type, at } of readEventLog(path, DEFAULT_LOG_COLUMNS)) {
      const events = journeys.get(caseId) ?? [];
      journeys.set(caseId, events);
      const sequence = events.length;
      events.push({ type, time: at, receivedAt: at, sequence, identity: deriveKey('event', caseId, String(sequence)) });
    }
    const log = { path, columns: DEFAULT_LOG_COLUMNS, days: WHOLE };
    recount = await recountLog({
      plan,
      log,
      timeScale: 1,
      began: { replay: 0, migration: 0 },
      seed: 'real',
      prefix: 'application',
      lost: [],
    });
  });

  it('agree on event types: each is declared, and none else', () => {
    const types = new Set([...journeys.values()].flatMap((events) => events.map(({ type }) => type)));
    expect(plan.events.map(({ type }) => type).sort()).toEqual([...types].sort());
  });

  it('give by the matcher, over 13,087 real cases, what a recount by the definition of a handoff gives', () => {
    expect(journeys.size).toBe(13_087);
    for (const rule of handoffRules(plan, 1)) {
      const counts = { kept: 0, missed: 0, released: 0 };
      for (const events of journeys.values()) {
        for (const { outcome } of matchHandoff(rule, events, Number.MAX_SAFE_INTEGER).occurrences) {
          if (outcome === null) throw new Error('A handoff was left open at the end of time.');
          counts[outcome] += 1;
        }
      }
      expect([rule.id, counts]).toEqual([rule.id, without(recount.get(rule.id))]);
    }
  });

  it('have the rates that the plan’s comments state', () => {
    const rates = [...recount].map(([id, { kept, missed }]) => [id, Math.round((100 * kept) / (kept + missed))]);
    expect(Object.fromEntries(rates)).toEqual({
      'submitted-to-registered': 100,
      'registered-to-triaged': 100,
      'preaccepted-to-work-list': 100,
      'work-list-to-first-call': 100,
      'lead-to-first-call': 100,
      'accepted-to-finalized': 99,
      'offer-created-to-sent': 100,
      'offer-sent-to-answer': 58,
      'answer-to-validation': 60,
    });
  });
});

function without(recount: Recount | undefined): Omit<Recount, 'missedBy'> | undefined {
  if (recount === undefined) return undefined;
  const { kept, missed, released } = recount;
  return { kept, missed, released };
}
