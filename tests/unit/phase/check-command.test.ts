import type { Actor } from '../../../domain/phase/actor';
import { checkCommand } from '../../../domain/phase/check-command';
import type { CommandName } from '../../../domain/phase/commands';
import { paymentRules } from '../../fixtures/phase-rules';
import { person, Story } from './story';

const rules = paymentRules();
const bySignal = paymentRules((changed) => {
  changed.phase.approvals.bySignal = true;
  for (const kind of ['goNoGo', 'goOn', 'commit'] as const) changed.phase.approvals[kind].fourEyes = false;
});
const signalled: Actor = { id: 'signal:erin', roles: [], verified: false };

function code(story: Story, name: CommandName, actor: Actor, more: object = {}, viaSignal = false): string | undefined {
  return checkCommand(story.run, name, { actor, ...more }, story.rules, viaSignal)?.code;
}

describe('who may say what', () => {
  it('whoever started the migration cannot approve where four eyes are asked for', () => {
    expect(code(new Story(rules).preflight(), 'approve', person('starter'))).toBe('approved-by-starter');
  });

  it('nobody counts twice', () => {
    expect(code(new Story(rules).preflight().approvedBy('one'), 'approve', person('one'))).toBe('already-approved');
  });

  it('R48 a clinical lead or a support lead may pause alone, and neither may abort', () => {
    const story = Story.atFirstStep(rules);
    for (const role of ['clinical-lead', 'support-lead'] as const) {
      const actor: Actor = { id: 'lead', roles: [role], verified: true };
      expect(code(story, 'pause', actor)).toBeUndefined();
      expect(code(story, 'abort', actor)).toBe('role-missing');
    }
  });

  it('a gate automation approves nothing', () => {
    const automation: Actor = { id: 'automation', roles: ['automation'], verified: true };
    expect(code(new Story(rules).preflight(), 'approve', automation)).toBe('role-missing');
  });

  it('an update that came in plain is refused, whoever it says it is from', () => {
    expect(code(Story.atFirstStep(rules), 'rollback', signalled)).toBe('unverified-actor');
  });
});

describe('plain signals', () => {
  it('a rollback and a pause always count', () => {
    expect(code(Story.atFirstStep(rules), 'rollback', signalled, {}, true)).toBeUndefined();
    expect(code(Story.atFirstStep(rules), 'pause', signalled, {}, true)).toBeUndefined();
  });

  it('an approval counts only where the plan allows it', () => {
    expect(code(new Story(rules).preflight(), 'approve', signalled, {}, true)).toBe('unverified-actor');
    expect(code(new Story(bySignal).preflight(), 'approve', signalled, {}, true)).toBeUndefined();
  });

  it('never counts towards four eyes, whatever the plan says of signals', () => {
    const both = paymentRules((changed) => {
      changed.phase.approvals.bySignal = true;
    });
    expect(code(new Story(both).preflight(), 'approve', signalled, {}, true)).toBe('unverified-actor');
  });
});

describe('what a command was looked at by', () => {
  it('refuses an epoch and evidence that have changed since', () => {
    const story = new Story(rules).preflight('seen');
    expect(code(story, 'approve', person('one'), { epoch: story.run.epoch + 1 })).toBe('stale-epoch');
    expect(code(story, 'approve', person('one'), { evidence: 'other' })).toBe('stale-evidence');
    expect(code(story, 'approve', person('one'), { epoch: story.run.epoch, evidence: 'seen' })).toBeUndefined();
  });
});

describe('a rollback of the phase, or of the migration, before the go', () => {
  it.each(['phase', 'migration'] as const)('of the %s is taken, whatever was given', (scope) => {
    const story = new Story(rules);
    expect(code(story, 'rollback', person('one'), { scope })).toBeUndefined();
    story.preflight();
    expect(code(story, 'rollback', person('one'), { scope })).toBeUndefined();
    story.approvedBy('one');
    expect(code(story, 'rollback', person('one'), { scope })).toBeUndefined();
    story.approvedBy('two');
    expect(code(story, 'rollback', person('one'), { scope })).toBeUndefined();
  });
});

describe('commands that do not fit', () => {
  it.each([
    ['approve', 'approval-not-wanted'],
    ['resume', 'nothing-to-resume'],
    ['reject', 'approval-not-wanted'],
  ] as const)('%s while a step is watched: %s', (name, expected) => {
    expect(code(Story.atFirstStep(rules), name, person('one'))).toBe(expected);
  });

  it.each(['step', 'cohort'] as const)('a rollback of the %s before anybody moved', (scope) => {
    const story = new Story(rules);
    expect(code(story, 'rollback', person('one'), { scope })).toBe('nothing-to-roll-back');
    story.preflight().approvedBy('one');
    expect(code(story, 'rollback', person('one'), { scope })).toBe('nothing-to-roll-back');
  });

  it('a rollback while one that goes as far is under way', () => {
    const scopes = ['step', 'cohort', 'phase', 'migration'] as const;
    for (const [index, first] of scopes.entries()) {
      const story = Story.atFirstStep(rules).rolledBackBy('one', first);
      for (const [other, second] of scopes.entries())
        expect(code(story, 'rollback', person('two'), { scope: second })).toBe(
          other > index ? undefined : 'rollback-under-way',
        );
    }
  });

  it('a pause while a rollback goes all the way back; not while it goes one step back', () => {
    const story = Story.atFirstStep(rules).stepDone().trafficDone();
    const { run } = story;
    expect(code(story.rolledBackBy('one', 'cohort'), 'pause', person('two'))).toBe('nothing-to-pause');
    story.run = run;
    expect(code(story.rolledBackBy('one', 'step'), 'pause', person('two'))).toBeUndefined();
  });

  it('anything after the commit', () => {
    const story = Story.soaked(rules);
    story.run = { ...story.run, status: 'committed' };
    for (const name of ['rollback', 'pause', 'abort'] as const)
      expect(code(story, name, person('one'))).toBe('too-late');
  });
});
