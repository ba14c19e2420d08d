import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Agenda, dayAndTime } from '../../../cli/rehearse/agenda/agenda';
import { byDay } from '../../../cli/rehearse/cases/work-on-cases';
import { cutPlan } from '../../../cli/rehearse/cut/cut-plan';
import { newCohortRun, type ApprovalRequest, type CohortRun } from '../../../domain/phase/cohort-run';
import { loadPlan } from '../../../domain/plan/load-plan';
import type { MigrationStatus } from '../../../domain/status/migration-status';

const written = loadPlan(readFileSync(join(__dirname, '..', '..', '..', 'examples', 'telehealth.yaml'), 'utf8')).plan;
const limits = { watch: 1_000, soak: 2_000, dwell: 1_000, hold: 60_000, escalateAfter: 4_000, latenessAtLeast: 3_000 };
const played = cutPlan(written, { ...limits, minimumOutcomes: 1, perDay: 4, phases: {} }, 3_600).plan;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

function request(kind: ApprovalRequest['kind'], more: Partial<ApprovalRequest> = {}): ApprovalRequest {
  return {
    kind,
    planHash: '',
    evidenceHash: '',
    needs: { count: 2, roles: ['release-manager'], fourEyes: true },
    given: [],
    askedAt: '',
    escalateAt: '',
    escalated: false,
    ...more,
  };
}

/** Shows an agenda where one cohort of the front door stands; `now` in milliseconds of the rehearsal. */
function story(...looks: [now: number, phase: string, run: Partial<CohortRun>][]): Agenda {
  const agenda = new Agenda(written, played, 3_600);
  for (const [now, phase, run] of looks) {
    const whole = { ...newCohortRun('new-visitors', ''), ...run };
    const cohorts = [{ cohort: whole.cohort, run: whole }];
    agenda.look({ phases: [{ phase, cohorts }] } as unknown as MigrationStatus, now);
  }
  return agenda;
}

const when = (agenda: Agenda): [number, string][] =>
  agenda.duties.map(({ at, what }) => [at, what.split(' (')[0] ?? '']);

describe('what people would have had to do when', () => {
  it('is told in the plan’s own time, however short the rehearsal made it', () => {
    // front-door: 2d, 3d, 4d with a yes before, 4d, a soak of 7d
    const agenda = story(
      [0, 'front-door', { status: 'awaitingGoNoGo', request: request('goNoGo') }],
      [500, 'front-door', { status: 'watching', step: 0, share: 5_000 }],
      [3_000, 'front-door', { status: 'watching', step: 1, share: 25_000 }],
      [5_000, 'front-door', { status: 'awaitingStep', step: 1, share: 25_000, request: request('step', { step: 2 }) }],
      [6_000, 'front-door', { status: 'watching', step: 2, share: 50_000 }],
      // A look may come too late to see each step.
      [9_000, 'front-door', { status: 'soaking', step: 4, share: 100_000 }],
      [9_500, 'front-door', { status: 'awaitingCommit', step: 4, share: 100_000, request: request('commit') }],
    );
    expect(when(agenda)).toEqual([
      [0, 'approve the go of front-door'],
      [5 * DAY, 'approve the next step of front-door to 50%'],
      [20 * DAY, 'approve the commit of front-door'],
    ]);
    expect(agenda.duties[0]).toMatchObject({ when: 'day 1, 08:30', cohorts: ['new-visitors'] });
    expect(agenda.duties[0]?.what).toBe(
      'approve the go of front-door (two people of release-manager, not whoever started it)',
    );
  });

  it('goes on from the phase before, after its dwell', () => {
    const agenda = story(
      [0, 'front-door', { status: 'watching', step: 0 }],
      [1, 'front-door', { status: 'committed', step: 4 }],
      [2, 'intake', { cohort: 'async', status: 'awaitingGoNoGo', request: request('goNoGo') }],
    );
    expect(when(agenda)).toEqual([[(13 + 7 + 7) * DAY, 'approve the go of intake']]);
  });

  it('lets a watch that was broken off count for its part, and starts anew after a rollback', () => {
    const rollback = {
      id: 'x/1',
      by: 'gate:click-floor',
      scope: 'phase',
      because: '',
      startedAt: '',
      shareBefore: 5_000,
    } as const;
    const agenda = story(
      [0, 'front-door', { status: 'watching', step: 0, share: 5_000 }],
      // Half of a watch that the rehearsal has cut to a second, of two days.
      [500, 'front-door', { status: 'rollingBack', step: 0, rollback }],
      [600, 'front-door', { status: 'rolledBack', step: -1, rollback, request: request('goOn') }],
      [700, 'front-door', { status: 'awaitingGoNoGo', attempt: 2, request: request('goNoGo') }],
      [800, 'front-door', { status: 'watching', attempt: 2, step: 0 }],
      [900, 'front-door', { status: 'awaitingCommit', attempt: 2, step: 4, request: request('commit') }],
    );
    expect(when(agenda)).toEqual([
      [DAY, 'find out and mend why front-door was rolled back by its click-floor gate'],
      [DAY, 'let front-door go on'],
      [DAY, 'approve the go of front-door'],
      [DAY + 20 * DAY, 'approve the commit of front-door'],
    ]);
  });

  it('has the page that nobody’s decision led to, once, after the plan’s own wait', () => {
    const asked = request('goNoGo');
    const agenda = story(
      [0, 'front-door', { status: 'awaitingGoNoGo', request: asked }],
      [4_000, 'front-door', { status: 'awaitingGoNoGo', request: { ...asked, escalated: true } }],
      [4_200, 'front-door', { status: 'awaitingGoNoGo', request: { ...asked, escalated: true } }],
      [4_500, 'front-door', { status: 'awaitingStep', step: 1, request: request('step', { step: 2 }) }],
    );
    expect(when(agenda)).toEqual([
      [0, 'approve the go of front-door'],
      [4 * HOUR, 'answer a page: nobody has decided on the go of front-door for 4h'],
      [4 * HOUR + 5 * DAY, 'approve the next step of front-door to 50%'],
    ]);
  });

  it('has the cases of a day in one line, on the day on which they came in', () => {
    const agenda = story(
      [0, 'front-door', { status: 'watching', step: 0 }],
      [1_000, 'front-door', { status: 'watching', step: 1 }],
      [2_000, 'front-door', { status: 'watching', step: 2 }],
    );
    const opened = (now: number): { openedAt: string } => ({
      openedAt: new Date(performance.timeOrigin + now).toISOString(),
    });
    expect(byDay([opened(2_500), opened(1_500), opened(1_800), opened(-5)], agenda)).toEqual([
      { at: 0, count: 1 },
      { at: 2 * DAY, count: 2 },
      { at: 5 * DAY, count: 1 },
    ]);
    agenda.note('resolve 2 cases', 2 * DAY);
    expect(agenda.duties).toEqual([{ at: 2 * DAY, when: 'day 3, 08:30', what: 'resolve 2 cases', cohorts: [] }]);
  });

  it('is one line where several cohorts ask at once', () => {
    const agenda = new Agenda(written, played, 3_600);
    const cohorts = ['returning', 'new-visitors'].map((cohort) => ({
      cohort,
      run: { ...newCohortRun(cohort, ''), status: 'awaitingGoNoGo', request: request('goNoGo') },
    }));
    agenda.look({ phases: [{ phase: 'front-door', cohorts }] } as unknown as MigrationStatus, 0);
    expect(agenda.duties).toHaveLength(1);
    expect(agenda.duties[0]?.cohorts).toEqual(['returning', 'new-visitors']);
  });

  it('has one day for all cohorts that one rollback took back, and no go-on of whoever was taken out instead', () => {
    const rollback = {
      id: 'x/1',
      by: 'engineer-1',
      scope: 'phase',
      because: '',
      startedAt: '',
      shareBefore: 5_000,
    } as const;
    const agenda = new Agenda(written, played, 3_600);
    const look = (now: number, ...both: Partial<CohortRun>[]): void => {
      const cohorts = both.map((run, index) => {
        const cohort = index === 0 ? 'returning' : 'new-visitors';
        const own = run.rollback === undefined ? {} : { rollback: { ...run.rollback, id: `front-door/${cohort}/1` } };
        return { cohort, run: { ...newCohortRun(cohort, ''), ...run, ...own } };
      });
      agenda.look({ phases: [{ phase: 'front-door', cohorts }] } as unknown as MigrationStatus, now);
    };
    look(0, { status: 'watching', step: 0 }, { status: 'watching', step: 0 });
    look(1_000, { status: 'watching', step: 0 }, { status: 'watching', step: 1 });
    const asked = { status: 'rolledBack', rollback, request: request('goOn') } as const;
    look(1_000, { ...asked, step: 0 }, { ...asked, step: 1 });
    look(1_500, { status: 'takenOut', step: 0, rollback }, { ...asked, step: 1 });
    expect(agenda.duties.map(({ at, what, cohorts }) => [at, what.split(' (')[0], cohorts])).toEqual([
      [2 * DAY, 'look after front-door: it was rolled back by a person', ['returning', 'new-visitors']],
      [2 * DAY, 'let front-door go on', ['new-visitors']],
      [2 * DAY, 'take a cohort out of front-door', ['returning']],
    ]);
  });

  it.each([
    [0, 'day 1, 08:30'],
    [15.5 * HOUR, 'day 2, 00:00'],
    [11 * DAY + HOUR, 'day 12, 09:30'],
  ])('reads %d ms as %s', (at, text) => {
    expect(dayAndTime(at)).toBe(text);
  });
});
