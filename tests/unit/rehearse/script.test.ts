import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CliFailure } from '../../../cli/cli-failure';
import { defaultScript, limitsOf, phaseToBreak } from '../../../cli/rehearse/script/default-script';
import { readScript } from '../../../cli/rehearse/script/read-script';
import { loadPlan } from '../../../domain/plan/load-plan';
import { edit, positionOf } from '../plan/plan-texts';

const EXAMPLES = join(__dirname, '..', '..', '..', 'examples');
const plan = loadPlan(readFileSync(join(EXAMPLES, 'telehealth.yaml'), 'utf8')).plan;
const SCRIPT = readFileSync(join(EXAMPLES, 'telehealth-rehearsal.yaml'), 'utf8');

function problemsOf(text: string): string[] {
  try {
    readScript(text, plan, 'x.yaml');
  } catch (error) {
    if (error instanceof CliFailure && error.code === 'bad-script') return error.problems.map(String);
    throw error;
  }
  throw new Error('The script was read.');
}

describe('the example’s script', () => {
  it('goes with its plan: a break, an absence and a rollback by signal, in phases of their own', () => {
    const script = readScript(SCRIPT, plan);
    expect(script.scenes.map(({ kind }) => kind).sort()).toEqual(['absence', 'break', 'rollBack']);
    expect(new Set(script.scenes.map(({ at }) => at.phase)).size).toBe(3);
    const last = plan.phases.at(-1)?.id;
    expect(script.scenes.find(({ kind }) => kind === 'rollBack')).toMatchObject({ at: { phase: last }, by: 'signal' });
  });

  it('cuts to limits of wall-clock time, with others where a phase has its own', () => {
    const ofIntake = '  phases: { intake: { escalateAfter: 4s } }\n';
    const limits = limitsOf(readScript(edit(SCRIPT, '  perDay: 4', `${ofIntake}  perDay: 4`), plan));
    expect(limits.latenessAtLeast).toBe(3_000);
    expect(limits.phases['intake']?.escalateAfter).toBe(4_000);
    expect(limits.escalateAfter).toBeGreaterThan(60_000);
  });
});

describe('a script that cannot be played', () => {
  it.each<[string, string, string, string, RegExp]>([
    ['another plan’s', 'plan: telehealth', 'plan: telehelth', 'telehelth', /is 'telehealth'/],
    ['a phase that is not there', 'phase: payment,', 'phase: paiment,', 'paiment', /no phase .*Did you mean 'payment'/],
    [
      'a cohort that is not there',
      'cohort: returning,',
      'cohort: returners,',
      'returners',
      /no cohort .*Did you mean 'returning'/,
    ],
    [
      'a cohort that stays on legacy',
      'cohort: returning,',
      'cohort: existing,',
      'existing, share',
      /no cohort that is moved/,
    ],
    ['a step that no ramp has', 'share: 25% }', 'share: 26% }', '26%', /No cohort .* its steps: .*10 a day, 10%, 25%/i],
    ['both a share and a step', 'share: 25% }', 'share: 25%, step: 2 }', 'at: { phase: payment', /either its 'share'/],
    [
      'a handoff that no gate rolls back for',
      'handoff: payment-to-provider-routing',
      'handoff: ticket-to-answer',
      'ticket-to-answer',
      /No gate of 'payment' rolls back .*payment-to-provider-routing/,
    ],
    [
      'a handoff that is not there',
      'handoff: payment-to-provider-routing',
      'handoff: payment-to-provider-route',
      'payment-to-provider-route',
      /no handoff .*Did you mean 'payment-to-provider-routing'/,
    ],
    ['a kind that is not there', 'kind: break', 'kind: brake', 'brake', /Write one of break, absence, rollBack/],
    ['a duration that is none', 'watch: 1s', 'watch: soon', 'soon', /Write a duration/],
    ['a field that is not there', 'by: signal', 'bye: signal', 'bye: signal', /'bye' does not belong here.*\bby\b/],
    ['a queue that is not there', 'duplicate-record:', 'double-record:', 'double-record', /no queue/],
    ['a code that is not there', 'async: 50', 'asinc: 50', 'asinc', /no code .*Did you mean 'async'/],
    [
      'no reason for a rollback',
      'Histories of returning patients look incomplete; they move by hand later.',
      'tbd',
      'tbd',
      /Write the reason/,
    ],
  ])('is refused for %s, at its line, with what to write', (_, from, to, at, message) => {
    const changed = edit(SCRIPT, from, to);
    const problems = problemsOf(changed);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(message);
    expect(problems[0]).toMatch(new RegExp(`^x\\.yaml:${positionOf(changed, at).line}:\\d+ `));
  });

  it('lists everything that is wrong at once, in the order of its lines', () => {
    const problems = problemsOf(
      edit(edit(SCRIPT, 'phase: payment,', 'phase: paiment,'), 'cohort: returning,', 'cohort: nobody,'),
    );
    expect(problems).toHaveLength(2);
    const lines = problems.map((problem) => Number(problem.split(':')[1]));
    expect([...lines].sort((one, other) => one - other)).toEqual(lines);
  });

  it('is refused where two scenes have one name, or what is asked is never asked', () => {
    expect(problemsOf(edit(SCRIPT, 'id: routing-breaks', 'id: nobody-at-the-go'))[0]).toMatch(/Another scene/);
    const unasked = <Step extends { approval?: unknown }>(ramp: Step[]): Step[] =>
      ramp.map((step) => ({ ...step, approval: undefined }));
    const phases = plan.phases.map((phase) => ({
      ...phase,
      ramp: unasked(phase.ramp),
      cohorts: phase.cohorts.map((cohort) => ({ ...cohort, ...(cohort.ramp && { ramp: unasked(cohort.ramp) }) })),
    }));
    const noSteps = { ...plan, phases };
    expect(() => readScript(edit(SCRIPT, 'decision: goNoGo', 'decision: step'), noSteps)).toThrow(CliFailure);
  });

  it('is refused where it is not YAML, and repeats nothing that it should not', () => {
    expect(problemsOf('a: [').length).toBeGreaterThan(0);
    expect(problemsOf('')[0]).toMatch(/./);
  });
});

describe('without a script', () => {
  it('payment breaks at the second step, where the plan moves it', () => {
    expect(phaseToBreak(plan)).toBe('payment');
    const script = defaultScript(plan, {
      phase: 'payment',
      fault: { kind: 'drop', handoff: 'payment-to-provider-routing' },
    });
    expect(script.scenes).toMatchObject([{ kind: 'break', at: { phase: 'payment', step: 2 } }]);
    expect(defaultScript(plan, undefined).scenes).toEqual([]);
  });
});
