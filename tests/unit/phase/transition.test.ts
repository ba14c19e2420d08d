import { hasEnded } from '../../../domain/phase/cohort-run';
import { paymentRules } from '../../fixtures/phase-rules';
import { person, Story } from './story';

const rules = paymentRules();

describe('a stop after a wider one', () => {
  it('does not undo it: one step back after a pause that stops arrivals leaves nobody new on target', () => {
    const story = Story.atFirstStep(paymentRules()).stepDone();
    story.happens({ kind: 'pause', actor: 'one', verified: true, because: { code: 'command', message: 'look' } });
    story.rolledBackBy('one', 'step');
    expect(story.work).toMatchObject({ kind: 'lower', share: 0 });
  });
});

describe('preflight and go/no-go', () => {
  it('lists every failure and asks nobody', () => {
    const story = new Story(rules).preflight('evidence', ['queues: unowned.', 'traffic: not read back.']);
    expect(story.run).toMatchObject({
      status: 'notReady',
      because: { message: 'queues: unowned. traffic: not read back.' },
    });
    expect(story.run.request).toBeUndefined();
    expect(story.work.kind).toBe('none');
  });

  it('moves nobody on one approval of two', () => {
    const story = new Story(rules).preflight().approvedBy('one');
    expect(story.run).toMatchObject({ status: 'awaitingGoNoGo', share: 0 });
    expect(story.work.kind).toBe('none');
  });

  it('takes the evidence once more before the first patient moves, and starts on the same evidence', () => {
    const story = new Story(rules).preflight('same').approvedBy('one', 'two');
    expect(story.work.kind).toBe('preflight');
    story.preflight('same');
    expect(story.run).toMatchObject({ status: 'shifting', step: 0 });
    expect(story.work).toMatchObject({ kind: 'shift', share: 10_000, newAttempt: true });
  });

  it('voids the approvals when the evidence changed after they were given', () => {
    const story = new Story(rules).preflight('before').approvedBy('one', 'two').preflight('after');
    expect(story.run).toMatchObject({ status: 'awaitingGoNoGo', request: { evidenceHash: 'after', given: [] } });
    expect(story.recorded.map(({ action }) => action)).toContain('goNoGo.void');
  });

  it('stands down on a no, until somebody resumes', () => {
    const story = new Story(rules).preflight().happens({ kind: 'reject', actor: person('one'), reason: 'not today' });
    expect(story.run).toMatchObject({ status: 'notReady', because: { code: 'rejected' } });
    expect(story.happens({ kind: 'resume', actor: person('one') }).work.kind).toBe('preflight');
  });
});

describe('the ramp', () => {
  it('goes step by step, asks people where the plan does, soaks and commits', () => {
    const story = Story.atFirstStep(rules);
    expect(story.work).toMatchObject({ kind: 'watch', until: 'stepDone', watchMs: 24 * 3_600_000 });
    story.stepDone().trafficDone().stepDone();
    expect(story.run).toMatchObject({ status: 'awaitingStep', share: 25_000, request: { kind: 'step', step: 2 } });
    expect(story.work).toMatchObject({ kind: 'watch', until: 'limitCrossed' });
    story.approvedBy('one').trafficDone().stepDone().trafficDone().stepDone();
    expect(story.run).toMatchObject({ status: 'soaking', share: 100_000 });
    story.stepDone();
    expect(story.run).toMatchObject({ status: 'awaitingCommit', request: { kind: 'commit' } });
  });

  it('never commits before every cohort is ready: approval alone goes on watching', () => {
    const story = Story.soaked(rules);
    while (
      story.run.status === 'awaitingCommit' &&
      story.run.request &&
      story.run.request.given.length < story.run.request.needs.count
    ) {
      story.approvedBy(`person-${story.run.request.given.length}`);
    }
    expect(story.run.status).toBe('awaitingCommit');
    expect(story.work.kind).toBe('watch');
    story.happens({ kind: 'commitNow' });
    expect(story.work.kind).toBe('commit');
    story.happens({ kind: 'splitCommitted', epoch: 99 });
    expect(hasEnded(story.run)).toBe(true);
  });

  it('holds for a person, at zero, when the split cannot be written', () => {
    const story = new Story(rules).preflight().approvedBy('one', 'two').preflight();
    story.happens({ kind: 'workFailed', message: 'The split was read back otherwise than it was written.' });
    expect(story.run).toMatchObject({ status: 'held', because: { code: 'trafficMismatch' }, uncertain: true });
    expect(story.work).toMatchObject({ kind: 'lower', share: 0 });
    expect(story.told.some(({ urgency }) => urgency === 'page')).toBe(true);
  });
});

describe('rollback', () => {
  it('moves traffic before anything else', () => {
    const story = Story.atFirstStep(rules).limitCrossed();
    expect(story.work).toMatchObject({ kind: 'lower', share: 0, cause: 'rollback' });
    expect(story.trafficDone().work.kind).toBe('settleRollback');
    expect(story.settled().run).toMatchObject({ status: 'rolledBack', share: 0, request: { kind: 'goOn' } });
  });

  it('I3 takes no notice of a raise that comes late', () => {
    const story = new Story(rules).preflight().approvedBy('one', 'two').preflight();
    story.rolledBackBy('engineer');
    const before = story.run;
    story.happens({ kind: 'splitShifted', epoch: 50, share: 10_000 });
    expect(story.run).toBe(before);
    // The write may have taken effect all the same: a newer epoch is written whatever the share seems to be.
    expect(story.work).toMatchObject({ kind: 'lower', share: 0 });
  });

  it('goes to every cohort where the rule says phase, and to one where it says cohort', () => {
    expect(Story.atFirstStep(rules).rolledBackBy('engineer', 'phase').spread).toHaveLength(1);
    expect(Story.atFirstStep(rules).rolledBackBy('engineer', 'cohort').spread).toHaveLength(0);
  });

  it('one step back waits at the step before, watched, with evidence counted anew', () => {
    const story = Story.atFirstStep(rules).stepDone().trafficDone().rolledBackBy('engineer', 'step');
    expect(story.work).toMatchObject({ kind: 'lower', share: 10_000, newAttempt: true });
    story.trafficDone().settled();
    expect(story.run).toMatchObject({ status: 'held', share: 10_000, step: 0 });
    expect(story.work).toMatchObject({ kind: 'watch', until: 'limitCrossed' });
  });

  it('one step back from the first step is the way to zero', () => {
    const story = Story.atFirstStep(rules).rolledBackBy('engineer', 'step').trafficDone().settled();
    expect(story.run).toMatchObject({ status: 'rolledBack', share: 0 });
  });

  it('starts again only after going on, a new preflight and a new go, as another attempt', () => {
    const story = Story.atFirstStep(rules).limitCrossed().trafficDone().settled();
    while (story.run.status === 'rolledBack') story.approvedBy(`person-${story.run.request?.given.length ?? 0}`);
    expect(story.run).toMatchObject({ status: 'preflight', attempt: 2 });
    story.preflight();
    expect(story.run.status).toBe('awaitingGoNoGo');
    story.approvedBy('one', 'two').preflight();
    expect(story.work).toMatchObject({ kind: 'shift', share: 10_000, newAttempt: true });
  });

  it('is carried to its end where the workflow is cancelled meanwhile', () => {
    const story = Story.atFirstStep(rules).rolledBackBy('engineer').happens({ kind: 'cancelled' });
    expect(story.work).toMatchObject({ kind: 'lower', share: 0, cause: 'rollback' });
    expect(story.trafficDone().work.kind).toBe('settleRollback');
    expect(story.settled().run).toMatchObject({ status: 'takenOut', share: 0 });
  });

  it('reports each action that failed', () => {
    const story = Story.atFirstStep(rules)
      .rolledBackBy('engineer')
      .trafficDone()
      .settled('bringBack (2 of 3): no answer');
    expect(story.run.rollback?.failures).toEqual(['bringBack (2 of 3): no answer']);
    expect(story.told.map(({ kind }) => kind)).toContain('rollbackIncomplete');
  });
});

describe('a stop while a rollback of one step is under way', () => {
  const pause = {
    kind: 'pause' as const,
    actor: 'lead',
    verified: true,
    because: { code: 'command' as const, message: 'stop' },
  };
  const steppingBack = (from = rules): Story =>
    Story.atFirstStep(from).stepDone().trafficDone().rolledBackBy('engineer', 'step');

  it.each(['cohort', 'phase', 'migration'] as const)('a rollback of the %s takes over and goes to zero', (scope) => {
    const story = steppingBack().trafficDone();
    const narrow = story.run.rollback?.id;
    expect(story.work.kind).toBe('settleRollback');
    story.rolledBackBy('lead', scope);
    expect(story.run.rollback).toMatchObject({ scope, by: 'lead', shareBefore: 10_000 });
    expect(story.run.rollback?.id).not.toBe(narrow);
    // By the plan's policy for people, which one step back does not have.
    expect(story.work).toMatchObject({ kind: 'lower', share: 0, cause: 'rollback', returning: true });
    // What the narrow one comes to late is no news of this one.
    story.settled();
    expect(story.work).toMatchObject({ kind: 'lower', share: 0 });
    story.trafficDone();
    expect(story.work.kind).toBe('settleRollback');
    expect(story.settled().run).toMatchObject({ status: 'rolledBack', share: 0, parkAt: 0 });
    expect(story.work.kind).toBe('none');
  });

  it('a lowering that read back more than where it goes is not taken for done', () => {
    const story = steppingBack().rolledBackBy('lead', 'cohort');
    story.happens({ kind: 'splitLowered', epoch: 50, share: 10_000 });
    expect(story.work).toMatchObject({ kind: 'lower', share: 0 });
  });

  it('one of the migration over one of the cohort reaches the others, and goes on with the same list', () => {
    const story = Story.atFirstStep(rules).rolledBackBy('engineer', 'cohort').trafficDone();
    const id = story.run.rollback?.id;
    story.rolledBackBy('lead', 'migration');
    expect(story.spread).toHaveLength(1);
    expect(story.run.rollback).toMatchObject({ id, scope: 'migration' });
    expect(story.recorded.map(({ action }) => action)).toContain('rollback.widened');
    expect(story.work.kind).toBe('settleRollback');
  });

  it('R48 a pause goes on to zero, waits there, and goes on at the step before', () => {
    for (const settledFirst of [true, false]) {
      const story = steppingBack();
      if (settledFirst) story.trafficDone();
      story.happens(pause);
      expect(story.work).toMatchObject({ kind: 'lower', share: 0, newAttempt: true });
      story.trafficDone().settled();
      expect(story.run).toMatchObject({ status: 'paused', share: 0, parkAt: 0, step: 0, request: { kind: 'goOn' } });
      expect(story.run.pauseAfterRollback).toBeUndefined();
      expect(story.work.kind).toBe('none');
      while (story.run.status === 'paused')
        story.happens({ kind: 'resume', actor: person(`p${story.run.request?.given.length ?? 0}`) });
      expect(story.work).toMatchObject({ kind: 'shift', share: 10_000 });
    }
  });

  it('a pause keeps arrivals at the step before where the plan says so', () => {
    const keep = paymentRules((changed) => {
      changed.phase.pause.arrivals = 'keep';
    });
    const story = steppingBack(keep).happens(pause);
    expect(story.work).toMatchObject({ kind: 'lower', share: 10_000 });
    expect(story.trafficDone().settled().run).toMatchObject({ status: 'paused', share: 10_000, step: 0 });
    expect(story.work).toMatchObject({ kind: 'watch', until: 'limitCrossed' });
  });

  it('keeps the newest epoch where the list was settled before the split went on to zero', () => {
    const story = steppingBack().trafficDone().happens(pause).trafficDone();
    const { epoch } = story.run;
    story.happens({ kind: 'rollbackSettled', failures: [], epoch: epoch - 1 });
    expect(story.run.epoch).toBe(epoch);
  });

  it('I15 says who paused, and nothing of what they typed', () => {
    const story = steppingBack().happens({
      ...pause,
      reason: 'typed',
      because: { ...pause.because, message: 'typed' },
    });
    expect(story.trafficDone().settled().run.because?.message).toBe('doubt Paused by lead.');
  });
});

describe('a rollback of all of it before the go', () => {
  it.each(['phase', 'migration'] as const)('of the %s ends a go that was half given', (scope) => {
    const story = new Story(rules).preflight().approvedBy('one').rolledBackBy('lead', scope);
    expect(story.run).toMatchObject({ status: 'notReady', share: 0 });
    expect(story.run.request).toBeUndefined();
    story.happens({ kind: 'resume', actor: person('one') }).preflight();
    expect(story.run).toMatchObject({ status: 'awaitingGoNoGo', request: { given: [] } });
  });
});

describe('pause', () => {
  const pause = {
    kind: 'pause' as const,
    actor: 'one',
    verified: true,
    because: { code: 'command' as const, message: 'look' },
  };

  it('R48 stops arrivals at once, and goes on at the same step by one yes', () => {
    const story = Story.atFirstStep(rules).happens(pause);
    expect(story.work).toMatchObject({ kind: 'lower', share: 0, cause: 'lowered' });
    story.trafficDone();
    expect(story.work.kind).toBe('none');
    while (story.run.status === 'paused')
      story.happens({ kind: 'resume', actor: person(`p${story.run.request?.given.length ?? 0}`) });
    expect(story.work).toMatchObject({ kind: 'shift', share: 10_000, newAttempt: false });
  });

  it('keeps arrivals where the plan says so, still watched, and a gate can still stop them', () => {
    const keep = paymentRules((changed) => {
      changed.phase.pause.arrivals = 'keep';
    });
    const story = Story.atFirstStep(keep).happens(pause);
    expect(story.work).toMatchObject({ kind: 'watch', until: 'limitCrossed' });
    story.limitCrossed();
    expect(story.work).toMatchObject({ kind: 'lower', share: 0 });
  });

  it('resumed while the split is still on its way down: fences that write first, then goes up', () => {
    const story = Story.atFirstStep(rules).happens(pause);
    while (story.run.status === 'paused')
      story.happens({ kind: 'resume', actor: person(`p${story.run.request?.given.length ?? 0}`) });
    expect(story.work).toMatchObject({ kind: 'lower', share: 0 });
    const { epoch } = story.trafficDone().run;
    expect(story.work).toMatchObject({ kind: 'shift', share: 10_000, expectedEpoch: epoch });
    expect(story.trafficDone().run).toMatchObject({ status: 'watching', share: 10_000 });
  });

  it('fences a shift that was under way', () => {
    const story = new Story(rules).preflight().approvedBy('one', 'two').preflight().happens(pause);
    expect(story.work).toMatchObject({ kind: 'lower', share: 0 });
  });
});

describe('a lapse of control', () => {
  const lapse = (lapsedFor: number) =>
    ({ kind: 'watchEnded', end: { kind: 'lapsed', epoch: 20, share: 0, lapsedFor } }) as const;

  it('I4 raises the split again by the same approval within resumeWithin', () => {
    const story = Story.atFirstStep(rules).happens(lapse(rules.phase.resumeWithin));
    expect(story.work).toMatchObject({
      kind: 'shift',
      share: 10_000,
      restoring: true,
      newAttempt: false,
      expectedEpoch: 20,
    });
  });

  it('I4 holds for a person after it', () => {
    const story = Story.atFirstStep(rules).happens(lapse(rules.phase.resumeWithin + 1));
    expect(story.run).toMatchObject({ status: 'held', because: { code: 'unattended' }, share: 0 });
    expect(story.work.kind).toBe('none');
  });

  it('I4 holds for a person where the mending itself came too late', () => {
    const story = Story.atFirstStep(rules).happens(lapse(1)).happens({ kind: 'restoreTooLate', epoch: 21 });
    expect(story.run).toMatchObject({ status: 'held', because: { code: 'unattended' } });
  });
});

describe('a phase that is rolled back while a cohort has not begun', () => {
  it('voids the go that was given, so that nobody rises out of the incident', () => {
    const story = new Story(rules).preflight().approvedBy('one', 'two');
    story.rolledBackBy('gate:routing-floor', 'phase');
    expect(story.run).toMatchObject({ status: 'notReady', share: 0 });
    story.preflight();
    expect(story.run.status).toBe('notReady');
  });
});

describe('going on after a limit was crossed', () => {
  it('counts evidence and watch time anew', () => {
    const story = Story.atFirstStep(rules).stepDone().trafficDone();
    const { series } = story.run;
    story.rolledBackBy('gate:routing-floor', 'step').trafficDone().settled();
    expect(story.run.series).toBeGreaterThan(series);
  });

  it('at the whole share starts at a step that leaves legacy somebody to compare with', () => {
    const story = Story.soaked(rules);
    story.happens({ kind: 'pause', actor: 'gate:x', verified: true, because: { code: 'limitCrossed', message: 'x' } });
    story.trafficDone();
    while (story.run.status === 'paused')
      story.happens({ kind: 'resume', actor: person(`p${story.run.request?.given.length ?? 0}`) });
    expect(story.work).toMatchObject({ kind: 'shift', share: 50_000, newAttempt: true });
  });

  it('keeps in mind why it waits, whatever somebody says no to in between', () => {
    const story = Story.atFirstStep(rules);
    story.happens({ kind: 'pause', actor: 'gate:x', verified: true, because: { code: 'limitCrossed', message: 'x' } });
    story.trafficDone().happens({ kind: 'reject', actor: person('one'), reason: 'typed' });
    expect(story.run.because).toEqual({ code: 'limitCrossed', message: 'x one said no.' });
  });
});

describe('a controller that keeps losing control', () => {
  it('is not mended without end', () => {
    const story = Story.atFirstStep(rules);
    for (let lapses = 0; lapses < 10 && story.run.status === 'watching'; lapses += 1) {
      story.happens({ kind: 'watchEnded', end: { kind: 'lapsed', epoch: 20 + lapses, share: 0, lapsedFor: 1 } });
      if (story.work.kind === 'shift') story.trafficDone();
    }
    expect(story.run).toMatchObject({ status: 'held', because: { code: 'unattended' } });
  });
});

describe('a commit whose answer was lost', () => {
  it('is found as what it is', () => {
    const story = Story.soaked(rules).happens({ kind: 'splitCommitted', epoch: 40 });
    expect(story.run.status).toBe('committed');
  });
});

describe('people who do not decide', () => {
  it('are paged once, and the request stays', () => {
    const story = new Story(rules).preflight().happens({ kind: 'escalationDue' }).happens({ kind: 'escalationDue' });
    expect(story.told.filter(({ kind }) => kind === 'approvalOverdue')).toHaveLength(1);
    expect(story.run.request).toMatchObject({ kind: 'goNoGo', escalated: true });
  });
});

describe('a gate that could not see for longer than the plan allows', () => {
  it('pauses the cohort, which sends nobody back, and going on counts nothing anew', () => {
    const story = Story.atFirstStep(rules);
    const { share, attempt } = story.run;
    const end = {
      kind: 'blind',
      gate: 'routing-floor',
      verdict: 'noData',
      message: 'routing-floor: none came',
    } as const;
    story.happens({ kind: 'watchEnded', end });
    expect(story.run).toMatchObject({ status: 'paused', because: { code: 'gateBlind' }, request: { kind: 'goOn' } });
    expect(story.run.rollback).toBeUndefined();
    expect(story.told).toContainEqual(expect.objectContaining({ kind: 'paused', urgency: 'page' }));
    expect(story.work).toMatchObject({ kind: 'lower', share: 0 });
    story.trafficDone().happens({ kind: 'resume', actor: person('one') });
    expect(story.work).toMatchObject({ kind: 'shift', share });
    expect(story.work).not.toMatchObject({ newAttempt: true });
    expect(story.run.attempt).toBe(attempt);
  });
});

describe('what routes outside does not follow the split', () => {
  it('holds the step for a person, who is paged, and takes arrivals to legacy until somebody lets it go on', () => {
    const story = Story.atFirstStep(rules);
    const { epoch, share } = story.run;
    story.happens({ kind: 'watchEnded', end: { kind: 'notRouted', epoch, share } });
    expect(story.run).toMatchObject({
      status: 'held',
      because: { code: 'trafficMismatch' },
      request: { kind: 'goOn' },
    });
    expect(story.told).toContainEqual(expect.objectContaining({ kind: 'held', urgency: 'page' }));
    expect(story.work).toMatchObject({ kind: 'lower', share: 0 });
    story.trafficDone().happens({ kind: 'resume', actor: person('one') });
    expect(story.work).toMatchObject({ kind: 'shift', share });
  });
});
