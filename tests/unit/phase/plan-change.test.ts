import type { CohortRun } from '../../../domain/phase/cohort-run';
import type { PhaseRules } from '../../../domain/phase/phase-rules';
import { whyNotTaken } from '../../../domain/phase/why-not-taken';
import { workKey } from '../../../domain/phase/work';
import { paymentRules } from '../../fixtures/phase-rules';
import { Story } from './story';

const rules = paymentRules();
const NEWER = 'f'.repeat(64);

/** Another version: each step and the soak are looked at for twice as long, and the second step asks people. */
function newer(change: (rules: PhaseRules) => void = () => undefined): PhaseRules {
  return paymentRules((changed) => {
    changed.planHash = NEWER;
    changed.phase.ramp = changed.phase.ramp.map((step) => ({ ...step, watch: step.watch * 2 }));
    changed.phase.soak *= 2;
    const [, second] = changed.phase.ramp;
    if (second !== undefined) second.approval = { ...changed.phase.approvals.goOn, count: 2 };
    change(changed);
  });
}

function actions(story: Story): string[] {
  return story.recorded.map(({ action }) => action);
}

describe('a cohort whose plan changes (R36)', () => {
  it('is looked at to the end of its step as it began, and goes by the new version from the next one on', () => {
    const story = Story.atFirstStep(rules);
    const before = { ...story.run };
    const work = story.work;
    story.changesPlan(newer());
    // Nothing starts anew: the same state, the same watch.
    expect(story.run).toEqual(before);
    expect(story.work).toEqual(work);
    story.stepDone();
    expect(story.run).toMatchObject({
      status: 'awaitingStep',
      planHash: NEWER,
      attempt: before.attempt,
      epoch: before.epoch,
      share: before.share,
      request: { kind: 'step', step: 1, planHash: NEWER, needs: { count: 2 }, given: [] },
    });
    expect(actions(story).slice(-3)).toEqual(['step.done', 'plan.takenOver', 'approval.asked']);
    expect(story.recorded.find(({ action }) => action === 'plan.takenOver')?.evidence).toEqual({
      from: rules.planHash,
      to: NEWER,
    });
  });

  it('asks anew for a go that was half given, on checks of the new version', () => {
    const story = new Story(rules).preflight().approvedBy('one');
    story.changesPlan(newer());
    expect(story.run).toMatchObject({ status: 'preflight', planHash: NEWER });
    expect(story.run.request).toBeUndefined();
    expect(actions(story)).toContain('goNoGo.void');
    expect(story.told.at(-1)).toMatchObject({ kind: 'approvalVoid', urgency: 'page' });
    story.preflight();
    expect(story.run.request).toMatchObject({ kind: 'goNoGo', planHash: NEWER, given: [] });
  });

  it('checks again what was being checked for the version before, and starts nobody on it', () => {
    const story = new Story(rules).preflight().approvedBy('one', 'two');
    expect(story.run.status).toBe('preflight');
    story.changesPlan(newer());
    const key = workKey(story.run, story.work);
    story.preflight();
    expect(story.run).toMatchObject({ status: 'preflight', planHash: NEWER, share: 0 });
    expect(story.run.request).toBeUndefined();
    expect(workKey(story.run, story.work)).not.toBe(key);
  });

  it('asks anew about a step, and about the commit after the longer soak', () => {
    const waiting = Story.atFirstStep(rules).stepDone().trafficDone().stepDone();
    expect(waiting.run).toMatchObject({ status: 'awaitingStep', request: { step: 2 } });
    waiting.changesPlan(newer());
    expect(waiting.run).toMatchObject({ status: 'awaitingStep', request: { step: 2, planHash: NEWER, given: [] } });
    expect(actions(waiting).slice(-3)).toEqual(['plan.takenOver', 'step.void', 'approval.asked']);

    const soaked = Story.soaked(rules).approvedBy('one');
    soaked.changesPlan(newer());
    expect(soaked.run).toMatchObject({ status: 'soaking', planHash: NEWER });
    expect(soaked.run.request).toBeUndefined();
    expect(soaked.work).toMatchObject({ kind: 'watch', until: 'stepDone', watchMs: rules.phase.soak * 2 });
    soaked.stepDone();
    expect(soaked.run).toMatchObject({ status: 'awaitingCommit', request: { kind: 'commit', planHash: NEWER } });
  });

  it('goes on soaking for what the new version’s soak is longer', () => {
    const story = Story.atFirstStep(rules);
    while (story.run.status !== 'soaking') {
      if (story.run.status === 'awaitingStep') story.approvedBy('one');
      else if (story.run.status === 'shifting') story.trafficDone();
      else story.stepDone();
    }
    story.changesPlan(newer());
    expect(story.work).toMatchObject({ watchMs: rules.phase.soak });
    story.stepDone();
    expect(story.run).toMatchObject({ status: 'soaking', planHash: NEWER });
    expect(story.work).toMatchObject({ watchMs: rules.phase.soak * 2 });
  });

  it('goes by it at once where it stands still, watched by the new gates where some go to target', () => {
    const paused = Story.atFirstStep(rules);
    paused.happens({ kind: 'pause', actor: 'one', verified: true, because: { code: 'command', message: 'look' } });
    paused.trafficDone();
    paused.changesPlan(newer());
    expect(paused.run).toMatchObject({ status: 'paused', planHash: NEWER, because: { message: 'look' } });
    expect(paused.run.request).toMatchObject({ kind: 'goOn', planHash: NEWER });

    const keeping = paymentRules((changed) => {
      changed.phase.pause.arrivals = 'keep';
    });
    const kept = Story.atFirstStep(keeping);
    kept.happens({ kind: 'pause', actor: 'one', verified: true, because: { code: 'command', message: 'look' } });
    const key = workKey(kept.run, kept.work);
    kept.changesPlan(newer());
    expect(kept.work.kind).toBe('watch');
    expect(workKey(kept.run, kept.work)).not.toBe(key);
  });

  it('takes it over where it comes to a halt, and once it is rolled back', () => {
    const story = Story.atFirstStep(rules).changesPlan(newer());
    story.limitCrossed();
    expect(story.run.status).toBe('rollingBack');
    expect(story.run.planHash).toBeUndefined();
    story.trafficDone().settled();
    expect(story.run).toMatchObject({ status: 'rolledBack', planHash: NEWER, request: { planHash: NEWER } });
    expect(actions(story).filter((action) => action === 'goOn.void')).toEqual([]);
  });

  it('changes nothing once it is committed or taken out', () => {
    const over = Story.soaked(rules).approvedBy('one', 'two').happens({ kind: 'commitNow' });
    over.happens({ kind: 'splitCommitted', epoch: 99 });
    const { run } = over;
    over.changesPlan(newer());
    expect(over.run).toBe(run);
  });

  it.each<[string, Partial<CohortRun>, (rules: PhaseRules) => void, boolean]>([
    [
      'a later step',
      { status: 'watching', step: 0 },
      ({ phase }) => (phase.ramp[2] = { ...phase.ramp[2], share: 40_000, watch: 1 }),
      true,
    ],
    [
      'a step more, later',
      { status: 'watching', step: 0 },
      ({ phase }) => phase.ramp.splice(1, 0, { share: 15_000, watch: 1 }),
      true,
    ],
    [
      'the step that it is at',
      { status: 'watching', step: 1 },
      ({ phase }) => (phase.ramp[1] = { share: 20_000, watch: 1 }),
      false,
    ],
    [
      'a step more, before',
      { status: 'held', step: 1 },
      ({ phase }) => phase.ramp.splice(0, 0, { share: 5_000, watch: 1 }),
      false,
    ],
    [
      'the time of a step that is over',
      { status: 'watching', step: 1 },
      ({ phase }) => (phase.ramp[0] = { share: 10_000, watch: 1 }),
      true,
    ],
    [
      'a step more, while it soaks',
      { status: 'soaking', step: 4 },
      ({ phase }) => phase.ramp.push({ share: 100_000, watch: 1 }),
      false,
    ],
    [
      'any step, rolled back',
      { status: 'rolledBack', step: -1 },
      ({ phase }) => (phase.ramp[0] = { share: 5_000, watch: 1 }),
      true,
    ],
    [
      'any step, before the start',
      { status: 'awaitingGoNoGo', step: -1 },
      ({ phase }) => (phase.ramp[0] = { share: 5_000, watch: 1 }),
      true,
    ],
  ])('can take %s or not, by where it is', (_, at, change, taken) => {
    const run = { ...Story.atFirstStep(rules).run, ...at };
    expect(whyNotTaken(run, rules, paymentRules(change)) === undefined).toBe(taken);
  });
});
