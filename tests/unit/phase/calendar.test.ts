import { checkCommand } from '../../../domain/phase/check-command';
import type { RollbackCommand } from '../../../domain/phase/commands';
import { raises, type PhaseRules } from '../../../domain/phase/phase-rules';
import { paymentRules } from '../../fixtures/phase-rules';
import { person, Story } from './story';

const TUESDAY = '2026-03-03T14:00:00.000Z';

function byCalendar(change: (rules: PhaseRules) => void = () => undefined): PhaseRules {
  return paymentRules((rules) => {
    rules.calendar = 'release-hours';
    change(rules);
  });
}

const closed = { kind: 'opensAt', at: TUESDAY } as const;
const opened = { kind: 'opened' } as const;

/** At its first step, 10%, in open hours. */
function atFirstStep(rules = byCalendar()): Story {
  return new Story(rules).preflight().approvedBy('one', 'two').preflight().happens(opened).trafficDone();
}

/** Passed its first step at night. */
function waiting(rules = byCalendar()): Story {
  return atFirstStep(rules).stepDone().happens(closed);
}

describe('R48 nothing advances while its calendar is closed', () => {
  it('a step that passed at night waits, says until when, and is looked at all the while', () => {
    const story = waiting();
    expect(story.run).toMatchObject({ status: 'awaitingOpening', share: 10_000, step: 0, opensAt: TUESDAY });
    expect(story.work).toMatchObject({ kind: 'watch', until: 'limitCrossed' });
    expect(story.told.at(-1)?.message).toBe(`Step 2 waits until the calendar release-hours opens, at ${TUESDAY}.`);
    story.happens(opened);
    expect(story.work).toMatchObject({ kind: 'shift', share: 25_000 });
    expect(story.run.opensAt).toBeUndefined();
  });

  it('a go that is given at night begins in the morning, on what is found then', () => {
    const story = new Story(byCalendar()).preflight().approvedBy('one', 'two').preflight().happens(closed);
    expect(story.run).toMatchObject({ status: 'awaitingOpening', step: -1, share: 0 });
    expect(story.work).toEqual({ kind: 'none' });
    story.happens(opened);
    expect(story.run.status).toBe('preflight');
    story.preflight().happens(opened);
    expect(story.work).toMatchObject({ kind: 'shift', share: 10_000, newAttempt: true });
  });

  it('a go is void where the morning finds something else than it was given on', () => {
    const story = new Story(byCalendar()).preflight().approvedBy('one', 'two').preflight().happens(closed);
    story.happens(opened).preflight('another');
    expect(story.run).toMatchObject({ status: 'awaitingGoNoGo', request: { given: [] } });
    expect(story.recorded.some(({ action }) => action === 'goNoGo.void')).toBe(true);
  });

  it('a step that people approved at night begins in the morning', () => {
    const story = waiting().happens(opened).trafficDone().stepDone();
    expect(story.run.status).toBe('awaitingStep');
    story.approvedBy('one').happens(closed);
    expect(story.run).toMatchObject({ status: 'awaitingOpening', share: 25_000 });
    story.happens(opened);
    expect(story.work).toMatchObject({ kind: 'shift', share: 50_000 });
  });

  it('nobody is let back onto target at night after a stop, while going back waits for nothing', () => {
    const story = waiting().limitCrossed('message-not-behind');
    expect(story.run.status).toBe('paused');
    story.trafficDone().approvedBy('one', 'two').happens(closed);
    expect(story.run).toMatchObject({ status: 'awaitingOpening', share: 0 });
    story.happens(opened);
    expect(story.work).toMatchObject({ kind: 'shift', share: 10_000, newAttempt: true });
  });

  it.each(['step', 'cohort', 'phase', 'migration'] as const)('a rollback of the %s is taken at once', (scope) => {
    const story = waiting();
    const command: RollbackCommand = { actor: person('one'), scope };
    expect(checkCommand(story.run, 'rollback', command, story.rules)).toBeUndefined();
    story.rolledBackBy('one', scope);
    expect(story.work).toMatchObject({ kind: 'lower', share: 0 });
    expect(story.run.opening).toBeUndefined();
    story.happens(opened);
    expect(story.run.status).toBe('rollingBack');
  });

  it('a pause is taken at once, and one who has a go is stood down', () => {
    const pause = {
      kind: 'pause',
      actor: 'one',
      verified: true,
      because: { code: 'command', message: 'look' },
    } as const;
    expect(waiting().happens(pause).happens(opened).run.status).toBe('paused');
    const go = new Story(byCalendar()).preflight().approvedBy('one', 'two').preflight().happens(closed);
    const command: RollbackCommand = { actor: person('one'), scope: 'cohort' };
    expect(checkCommand(go.run, 'rollback', command, go.rules)).toBeUndefined();
    expect(go.rolledBackBy('one', 'cohort').run.status).toBe('notReady');
  });

  it('a lapse of control is mended at any hour: nobody new is let through', () => {
    const { epoch } = waiting().run;
    const lapsed = { kind: 'lapsed', epoch: epoch + 1, share: 0, lapsedFor: 0 } as const;
    const story = waiting().happens({ kind: 'watchEnded', end: lapsed });
    expect(story.work).toMatchObject({ kind: 'shift', share: 10_000, restoring: true });
    expect(story.trafficDone().stepDone().run.status).toBe('awaitingOpening');
  });

  it('another version of the plan voids what was let go on, and its calendar counts', () => {
    const newer = byCalendar((rules) => {
      rules.planHash = 'f'.repeat(64);
      rules.calendar = 'fewer-hours';
    });
    const step = waiting().changesPlan(newer);
    expect(step.run).toMatchObject({ status: 'awaitingOpening', planHash: newer.planHash });
    expect(step.run.opensAt).toBeUndefined();
    const go = new Story(byCalendar()).preflight().approvedBy('one', 'two').preflight().changesPlan(newer);
    expect(go.run.status).toBe('preflight');
    expect(go.recorded.some(({ action }) => action === 'goNoGo.void')).toBe(true);
    const letGoOn = waiting().limitCrossed('message-not-behind').trafficDone().approvedBy('one', 'two');
    letGoOn.changesPlan(newer);
    expect(letGoOn.run).toMatchObject({ status: 'held', because: { code: 'limitCrossed' }, request: { given: [] } });
  });

  it('a calendar that cannot be read holds it for a person where it is: nobody is sent back', () => {
    const story = waiting().happens({ kind: 'openingUnknown', message: 'The calendar never opens again.' });
    expect(story.run).toMatchObject({ status: 'held', share: 10_000, parkAt: 10_000 });
    expect(story.run.because).toEqual({ code: 'calendarUnknown', message: 'The calendar never opens again.' });
  });

  it('a step that could not be made before it closed waits for the next opening, where it was', () => {
    const story = waiting().happens({ ...opened, closesAt: TUESDAY });
    expect(story.work).toMatchObject({ kind: 'shift', share: 25_000, notAfter: TUESDAY });
    story.happens({ kind: 'calendarClosed' });
    expect(story.run).toMatchObject({ status: 'awaitingOpening', step: 0, share: 10_000, opening: { step: 1 } });
    // An attempt before may have written more: it is fenced first, and nobody is sent back.
    expect(story.work).toMatchObject({ kind: 'lower', share: 10_000 });
    story.trafficDone();
    expect(story.work).toMatchObject({ kind: 'watch', until: 'limitCrossed' });
    story.happens(opened).trafficDone();
    expect(story.run).toMatchObject({ status: 'watching', step: 1, share: 25_000 });
  });

  it('a commit that could not be made before it closed keeps what people said', () => {
    const story = Story.soaked(paymentRules());
    for (let yes = 0; yes < (story.run.request?.needs.count ?? 0); yes += 1) story.approvedBy(`person-${yes}`);
    const { request } = story.run;
    story.rules = byCalendar();
    story.happens({ kind: 'commitNow', notAfter: TUESDAY });
    expect(story.work).toMatchObject({ kind: 'commit', notAfter: TUESDAY });
    story.happens({ kind: 'calendarClosed' });
    expect(story.run).toMatchObject({ status: 'awaitingCommit', request });
    expect(story.work).toMatchObject({ kind: 'watch' });
  });

  it('what is stopped while it is being lowered does not come back at night, whatever it was read at last', () => {
    const story = waiting().happens(opened).trafficDone();
    const pause = {
      kind: 'pause',
      actor: 'one',
      verified: true,
      because: { code: 'command', message: 'look' },
    } as const;
    story.happens(pause);
    expect(story.work).toMatchObject({ kind: 'lower', share: 0 });
    story.approvedBy('one', 'two');
    expect(story.run.status).toBe('awaitingOpening');
  });

  it('a first step that people approve is looked at once more after the night as well', () => {
    const approval = { count: 1, roles: ['engineer' as const], fourEyes: false, escalateAfter: 1_000 };
    const rules = byCalendar((changed) => {
      changed.phase.ramp = changed.phase.ramp.map((step, index) => (index === 0 ? { ...step, approval } : step));
    });
    const story = new Story(rules).preflight().approvedBy('one', 'two').preflight().approvedBy('one');
    expect(story.run.status).toBe('awaitingOpening');
    expect(story.happens(closed).happens(opened).run.status).toBe('preflight');
  });

  it('an approved step that another version of the plan voids is said to be void', () => {
    const story = waiting().happens(opened).trafficDone().stepDone().approvedBy('one').happens(closed);
    story.changesPlan(byCalendar((rules) => void (rules.planHash = 'f'.repeat(64))));
    expect(story.run).toMatchObject({ status: 'awaitingStep', request: { given: [] } });
    expect(story.recorded.some(({ action }) => action === 'step.void')).toBe(true);
    expect(story.told.at(-2)?.kind).toBe('approvalVoid');
  });
});

describe('what lets more through', () => {
  const { phase } = paymentRules((rules) => {
    rules.phase.ramp = [
      { perDay: 10, watch: 1 },
      { share: 10_000, watch: 1 },
      { share: 25_000, watch: 1 },
    ];
  });
  it.each([
    ['from nothing', { step: -1, share: 0 }, 0, true],
    ['from nothing, where a stop left it', { step: 2, share: 0 }, 1, true],
    ['from a number a day, to a share', { step: 0, share: 100_000 }, 1, true],
    ['to a larger share', { step: 1, share: 10_000 }, 2, true],
    ['to the same share', { step: 1, share: 10_000 }, 1, false],
    ['to a smaller share', { step: 2, share: 25_000 }, 1, false],
    ['back to a number a day', { step: 1, share: 10_000 }, 0, false],
  ])('%s', (_, from, step, more) => {
    expect(raises(phase.ramp, from, step)).toBe(more);
  });

  it('is a higher cap as well, or none', () => {
    const capped = [
      { share: 10_000, maxOpen: 5, watch: 1 },
      { share: 10_000, maxOpen: 9, watch: 1 },
      { share: 10_000, watch: 1 },
    ];
    const from = { step: 0, share: 10_000 };
    expect([1, 2].map((step) => raises(capped, from, step))).toEqual([true, true]);
    expect(raises(capped, { step: 2, share: 10_000 }, 1)).toBe(false);
  });
});
