import fc from 'fast-check';
import type { CohortEvent } from '../../../domain/phase/cohort-event';
import { hasEnded } from '../../../domain/phase/cohort-run';
import { transition } from '../../../domain/phase/transition';
import { workFor } from '../../../domain/phase/work';
import { checkCommand } from '../../../domain/phase/check-command';
import { paymentRules } from '../../fixtures/phase-rules';
import { person, Story } from './story';

const rules = paymentRules();
/** The same phase by another version of its plan: looked at for longer, and decided by fewer. */
const newer = paymentRules((changed) => {
  changed.planHash = 'f'.repeat(64);
  changed.phase.ramp = changed.phase.ramp.map((step) => ({ ...step, watch: step.watch * 2 }));
  changed.phase.soak *= 2;
});
/** The same phase, going on in the open hours of a calendar alone (R48). */
const byCalendar = paymentRules((changed) => {
  changed.calendar = 'release-hours';
});
const anyRules = fc.constantFrom(rules, byCalendar);
const epoch = fc.integer({ min: 1, max: 1_000 });
const share = fc.constantFrom(0, 10_000, 25_000, 50_000, 100_000);
const actor = fc.constantFrom('one', 'two', 'three', 'starter').map(person);

/** What can happen besides the answer to the work at hand: late results and commands at any moment. */
const anyEvent: fc.Arbitrary<CohortEvent> = fc.oneof(
  fc.record({ kind: fc.constant('splitShifted' as const), epoch, share }),
  fc.record({ kind: fc.constant('workFailed' as const), message: fc.constant('no answer') }),
  fc.record({ kind: fc.constant('restoreTooLate' as const), epoch }),
  fc.record({ kind: fc.constant('approve' as const), actor }),
  fc.record({ kind: fc.constant('resume' as const), actor }),
  fc.record({ kind: fc.constant('reject' as const), actor }),
  fc.record({ kind: fc.constant('abort' as const), actor }),
  fc.constant<CohortEvent>({
    kind: 'pause',
    actor: 'one',
    verified: true,
    because: { code: 'command', message: 'look' },
  }),
  fc
    .constantFrom('step' as const, 'cohort' as const, 'phase' as const, 'migration' as const)
    .map((scope): CohortEvent => ({ kind: 'rollback', scope, by: 'one', verified: true, because: 'doubt' })),
  fc.constant<CohortEvent>({ kind: 'escalationDue' }),
  fc.constant<CohortEvent>({ kind: 'commitNow' }),
  fc.constant<CohortEvent>({ kind: 'planChanged' }),
  fc.constant<CohortEvent>({ kind: 'opened' }),
  fc.constant<CohortEvent>({ kind: 'opensAt', at: '2026-03-03T14:00:00.000Z' }),
);

/** The next thing that happens: the activity at hand answers well, crosses a limit, or something else comes in between. */
const anyMove = fc.oneof(
  { weight: 8, arbitrary: fc.constant('answer' as const) },
  // Two of three people are asked: rarer, and hardly any history would come past its go.
  { weight: 6, arbitrary: actor.map((by) => ({ kind: 'approve' as const, actor: by })) },
  { weight: 1, arbitrary: fc.constant('limitCrossed' as const) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 2_000_000 }).map((lapsedFor) => ({ lapsedFor })) },
  { weight: 3, arbitrary: anyEvent },
);

type Move = 'answer' | 'limitCrossed' | { lapsedFor: number } | CohortEvent;

function play(story: Story, move: Move): void {
  const { work } = story;
  if (move === 'answer' && story.run.opening !== undefined && work.kind !== 'lower') {
    story.happens({ kind: 'opened' });
    return;
  }
  if (typeof move === 'object' && 'kind' in move) {
    // Commands come in only where the validator lets them, as in the workflow.
    if (move.kind === 'approve' || move.kind === 'resume' || move.kind === 'reject' || move.kind === 'abort') {
      if (checkCommand(story.run, move.kind, { actor: move.actor }, story.rules) !== undefined) return;
    }
    if (move.kind === 'planChanged') {
      story.changesPlan({ ...newer, ...(story.rules.calendar !== undefined && { calendar: story.rules.calendar }) });
      return;
    }
    if (move.kind === 'splitShifted' && work.kind === 'shift') return;
    story.happens(move);
    return;
  }
  if (typeof move === 'object') {
    if (work.kind === 'watch')
      story.happens({
        kind: 'watchEnded',
        end: { kind: 'lapsed', epoch: work.epoch + 1, share: 0, lapsedFor: move.lapsedFor },
      });
    return;
  }
  switch (work.kind) {
    case 'none':
      return;
    case 'preflight':
      story.preflight();
      return;
    case 'shift':
    case 'lower':
      story.trafficDone();
      return;
    case 'watch':
      if (move === 'limitCrossed') story.limitCrossed();
      else if (work.until === 'stepDone') story.stepDone();
      return;
    case 'settleRollback':
      story.settled();
      return;
    case 'commit':
      story.happens({ kind: 'splitCommitted', epoch: work.expectedEpoch + 1 });
      return;
  }
}

describe('whatever happens, in whatever order', () => {
  it('never leaves a split above zero alone', () => {
    fc.assert(
      fc.property(anyRules, fc.array(anyMove, { maxLength: 80, size: 'max' }), (given, moves) => {
        const story = new Story(given);
        for (const move of moves) {
          play(story, move);
          const alone = story.run.share > 0 && story.run.status !== 'committed' && story.work.kind === 'none';
          expect(alone).toBe(false);
          // And never watches one that a write under way may still change.
          expect(story.work.kind === 'watch' && story.run.uncertain === true).toBe(false);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('I3 raises a split only from shifting, and enters a first step only after a go on the evidence of that moment', () => {
    fc.assert(
      fc.property(anyRules, fc.array(anyMove, { maxLength: 80, size: 'max' }), (given, moves) => {
        const story = new Story(given);
        let before = story.run;
        for (const move of moves) {
          play(story, move);
          const { run } = story;
          if (run.share > before.share) expect(before.status).toBe('shifting');
          if (
            run.status === 'shifting' &&
            before.status !== 'shifting' &&
            run.fresh &&
            run.step === 0 &&
            (before.status === 'preflight' || (before.status === 'awaitingOpening' && before.step < 0))
          ) {
            const go = before.opening?.request ?? before.request;
            expect(go?.given.length).toBeGreaterThanOrEqual(rules.phase.approvals.goNoGo.count);
            expect(go?.given.map((yes) => yes.actor)).not.toContain('starter');
          }
          before = run;
        }
      }),
      { numRuns: 500 },
    );
  });

  it('R48 lets more through only when its calendar was just found open, but for a lapse that is mended', () => {
    let opened = 0;
    fc.assert(
      fc.property(fc.array(anyMove, { maxLength: 80, size: 'max' }), (moves) => {
        const story = new Story(byCalendar);
        let before = story.run;
        for (const move of moves) {
          play(story, move);
          const { run, work } = story;
          const begins = work.kind === 'shift' && before.status !== 'shifting';
          if (begins && work.share > run.share && !work.restoring) {
            expect(before.status).toBe('awaitingOpening');
            opened += 1;
          }
          before = run;
        }
      }),
      { numRuns: 500 },
    );
    expect(opened).toBeGreaterThan(100);
  });

  it('after a rollback nothing rises until people said so', () => {
    fc.assert(
      fc.property(anyRules, fc.array(anyMove, { maxLength: 80, size: 'max' }), (given, moves) => {
        const story = new Story(given);
        let rolledBack = false;
        for (const move of moves) {
          const { status } = story.run;
          play(story, move);
          if (story.run.status === 'rollingBack') rolledBack = true;
          if (
            rolledBack &&
            status === 'rolledBack' &&
            story.run.status !== 'rolledBack' &&
            story.run.status !== 'takenOut'
          ) {
            expect(story.recorded.some(({ action }) => action === 'goOn.approval')).toBe(true);
            rolledBack = false;
          }
          if (rolledBack) expect(story.work.kind).not.toBe('shift');
          // One step back ends held; paused, where somebody said so meanwhile. Going on from there is for people too.
          if (story.run.status === 'held' || story.run.status === 'paused') rolledBack = false;
        }
      }),
      { numRuns: 500 },
    );
  });

  it('R48 after a stop that goes all the way back the share comes to zero, and stays until people say so', () => {
    const wider = fc.constantFrom('cohort' as const, 'phase' as const, 'migration' as const, 'pause' as const);
    fc.assert(
      fc.property(
        fc.array(anyMove, { maxLength: 50 }),
        fc.boolean(),
        fc.nat(3),
        wider,
        fc.array(anyMove, { maxLength: 30 }),
        (before, stepBack, answers, stop, after) => {
          // From anywhere; and often from where a step back is under way.
          const story = stepBack
            ? Story.atFirstStep(rules).stepDone().trafficDone().rolledBackBy('one', 'step')
            : new Story(rules);
          const moves = stepBack ? Array.from({ length: answers }, () => 'answer' as const) : before;
          for (const move of moves) play(story, move);
          const name = stop === 'pause' ? 'pause' : 'rollback';
          const scope = stop === 'pause' ? {} : { scope: stop };
          if (checkCommand(story.run, name, { actor: person('one'), ...scope }, rules) !== undefined) return;
          story.happens(
            stop === 'pause'
              ? { kind: 'pause', actor: 'one', verified: true, because: { code: 'command', message: 'look' } }
              : { kind: 'rollback', scope: stop, by: 'one', verified: true, because: 'doubt' },
          );
          const late: CohortEvent[] = [
            { kind: 'rollbackSettled', failures: [], epoch: 1 },
            { kind: 'splitShifted', epoch: 1, share: 25_000 },
          ];
          for (const event of late) story.happens(event);
          const goesOn = (move: Move): boolean =>
            typeof move === 'object' && 'kind' in move && (move.kind === 'approve' || move.kind === 'resume');
          const { epoch } = story.run;
          let { share } = story.run;
          for (const move of after.filter((one) => !goesOn(one))) {
            play(story, move);
            expect(story.run.share).toBeLessThanOrEqual(share);
            ({ share } = story.run);
          }
          for (let answer = 0; answer < 5; answer += 1) if (story.run.share > 0) play(story, 'answer');
          expect(story.run).toMatchObject({ share: 0, parkAt: 0 });
          expect(story.run.epoch).toBeGreaterThanOrEqual(epoch);
        },
      ),
      { numRuns: 1_000 },
    );
  });

  it('nothing changes a cohort that has ended', () => {
    fc.assert(
      fc.property(anyEvent, (event) => {
        const committed = Story.soaked(rules);
        while (
          committed.run.request !== undefined &&
          committed.run.request.given.length < committed.run.request.needs.count
        ) {
          committed.approvedBy(`person-${committed.run.request.given.length}`);
        }
        committed.happens({ kind: 'commitNow' }).happens({ kind: 'splitCommitted', epoch: 99 });
        expect(hasEnded(committed.run)).toBe(true);
        expect(transition(committed.run, event, rules, '2026-03-02T09:00:00.000Z').run).toBe(committed.run);
      }),
    );
  });

  it('a cohort that was taken out comes to zero', () => {
    fc.assert(
      fc.property(anyRules, fc.array(anyMove, { maxLength: 60 }), (given, moves) => {
        const story = new Story(given);
        for (const move of moves) play(story, move);
        if (story.run.status === 'committed' || story.run.status === 'committing' || story.run.status === 'rollingBack')
          return;
        story.happens({ kind: 'abort', actor: person('one') });
        if (workFor(story.run, story.rules).kind === 'lower') story.trafficDone();
        expect(hasEnded(story.run)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });
});
