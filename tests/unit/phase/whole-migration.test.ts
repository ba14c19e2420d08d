import fc from 'fast-check';
import { checkMigrationCommand } from '../../../domain/migration/check-migration-command';
import { isHeld, newMigrationRun, type MigrationRun } from '../../../domain/migration/migration-run';
import {
  migrationTransition,
  type MigrationEvent,
  type MigrationRules,
} from '../../../domain/migration/migration-transition';
import { paymentRules } from '../../fixtures/phase-rules';
import { person } from './story';

const DAY = 86_400_000;
const START = Date.parse('2026-03-02T09:00:00.000Z');
const payment = paymentRules((rules) => {
  rules.phase.dwell = 7 * DAY;
});
const routing = paymentRules((rules) => {
  rules.phase = { ...rules.phase, id: 'provider-routing', dwell: 3 * DAY };
});
const rules: MigrationRules = { ...payment, phases: [payment, routing] };

class Told {
  run: MigrationRun = newMigrationRun(new Date(START).toISOString());
  readonly actions: string[] = [];

  at(day: number, event: MigrationEvent): this {
    const next = migrationTransition(this.run, event, rules, new Date(START + day * DAY).toISOString());
    this.run = next.run;
    this.actions.push(...next.recorded.map(({ action }) => action));
    return this;
  }

  get daysLeft(): number | null {
    const { dwellLeft } = this.run;
    return dwellLeft === null ? null : dwellLeft / DAY;
  }
}

const pause: MigrationEvent = { kind: 'pause', by: 'lead', verified: true, reason: 'a doubt' };
const rollback: MigrationEvent = { kind: 'rollback', by: 'lead', verified: true };
const resume: MigrationEvent = { kind: 'resume', actor: person('one') };
const committed: MigrationEvent = { kind: 'phaseCommitted', phase: 'payment', dwell: 7 * DAY };

function dwelling(): Told {
  return new Told().at(0, { kind: 'phaseStarted', phase: 'payment' }).at(1, committed);
}

describe('a migration as a whole', () => {
  it('R8 dwells after a commit, by the plan of the phase', () => {
    expect(dwelling().run).toMatchObject({ status: 'dwelling', dwellUntil: new Date(START + 8 * DAY).toISOString() });
    expect(dwelling().at(8, { kind: 'dwellOver' }).run).toMatchObject({ status: 'running', dwellUntil: null });
  });

  it('R8 keeps what is left of a dwell that is paused, and counts it anew after a rollback', () => {
    expect(dwelling().at(3, pause).daysLeft).toBe(5);
    expect(dwelling().at(3, rollback).daysLeft).toBe(7);
    expect(dwelling().at(3, pause).at(4, rollback).daysLeft).toBe(7);
    const resumed = dwelling().at(3, pause).at(20, resume).run;
    expect(resumed).toMatchObject({ status: 'dwelling', dwellUntil: new Date(START + 25 * DAY).toISOString() });
    expect(resumed.request).toBeUndefined();
  });

  it('a phase that commits while the migration is held dwells from when people let it go on', () => {
    const told = new Told().at(0, { kind: 'phaseStarted', phase: 'payment' }).at(1, pause).at(2, committed);
    expect(told.daysLeft).toBe(7);
    expect(told.run.status).toBe('paused');
    expect(told.at(3, resume).run.dwellUntil).toBe(new Date(START + 10 * DAY).toISOString());
  });

  it('a rollback outweighs a pause, and neither a pause nor a second rollback outweighs it', () => {
    const told = dwelling().at(2, pause).at(3, rollback);
    const request = told.run.request;
    expect(told.run).toMatchObject({ status: 'rolledBack', because: { message: 'Rolled back by lead.' } });
    told.at(4, pause);
    expect(told.run).toMatchObject({ status: 'rolledBack', because: { message: 'a doubt' } });
    told.at(5, rollback);
    expect(told.run.status).toBe('rolledBack');
    expect(told.run.request?.evidenceHash).not.toBe(request?.evidenceHash);
    // I13: each is in the audit log all the same.
    expect(told.actions.filter((action) => action === 'migration.rolledBack')).toHaveLength(2);
    expect(told.actions.filter((action) => action === 'migration.paused')).toHaveLength(2);
  });

  it.each([
    ['a pause', pause],
    ['a rollback', rollback],
  ])('%s of a migration that is held voids what was given to let it go on', (_name, again) => {
    const two = { ...rules, phases: rules.phases.map((phase) => structuredClone(phase)) };
    for (const { phase } of two.phases) phase.approvals.goOn = { ...phase.approvals.goOn, count: 2 };
    const step = (run: MigrationRun, event: MigrationEvent) =>
      migrationTransition(run, event, two, new Date(START).toISOString());
    const half = [rollback, resume].reduce((run, event) => step(run, event).run, newMigrationRun(''));
    expect(half.request?.given).toHaveLength(1);
    const stopped = step(half, again);
    expect(stopped.run.request).toMatchObject({ given: [], escalated: false });
    expect(stopped.run.request?.evidenceHash).not.toBe(half.request?.evidenceHash);
    expect(stopped.recorded.map(({ action }) => action)).toContain('migration.goOn.void');
    expect(stopped.told.map(({ kind }) => kind)).toEqual(['migrationStoppedAgain']);
    const other = step(stopped.run, { kind: 'resume', actor: person('two') }).run;
    expect(isHeld(other)).toBe(true);
    expect(isHeld(step(other, resume).run)).toBe(false);
  });

  it('remembers the latest hold that it was told of, through whatever comes after', () => {
    const told = new Told().at(1, { ...pause, hold: 3 }).at(2, { ...rollback, hold: 2 });
    expect(told.run.heard).toBe(3);
    expect(told.at(3, resume).run).toMatchObject({ status: 'running', heard: 3 });
  });

  it.each([
    ['resume', 'one', newMigrationRun(''), 'nothing-to-resume'],
    ['resume', 'starter', dwelling().at(2, pause).run, 'approved-by-starter'],
    ['resume', 'one', dwelling().at(2, pause).run, undefined],
    ['pause', 'one', dwelling().at(2, pause).run, undefined],
    ['rollback', 'one', dwelling().at(2, rollback).run, undefined],
  ] as const)('%s by %s', (name, id, run, code) => {
    expect(checkMigrationCommand(run, name, { actor: person(id) }, rules)?.code).toBe(code);
  });

  it('asks for the roles of each command', () => {
    const support = { id: 'one', roles: ['support-lead' as const], verified: true };
    expect(checkMigrationCommand(newMigrationRun(''), 'pause', { actor: support }, rules)).toBeUndefined();
    expect(checkMigrationCommand(newMigrationRun(''), 'rollback', { actor: support }, rules)?.code).toBe(
      'role-missing',
    );
    const held = dwelling().at(2, pause).run;
    expect(checkMigrationCommand(held, 'resume', { actor: support }, rules)?.code).toBe('role-missing');
    expect(
      checkMigrationCommand(held, 'resume', { actor: person('one'), evidence: 'older' } as never, rules)?.code,
    ).toBe('stale-evidence');
  });

  it('whatever happens, only people end a hold, and while it lasts no dwell counts', () => {
    const event = fc.constantFrom<MigrationEvent>(
      pause,
      rollback,
      resume,
      committed,
      { kind: 'dwellOver' },
      { kind: 'escalationDue' },
      { kind: 'phaseStarted', phase: 'provider-routing' },
    );
    fc.assert(
      fc.property(fc.array(event, { maxLength: 40 }), (events) => {
        const told = new Told();
        let hour = 0;
        for (const next of events) {
          const before = told.run;
          // A phase starts only where nothing holds the migration, and commits only once it has started.
          if (next.kind === 'phaseStarted' && before.status !== 'running') continue;
          if (next.kind === 'resume' && !isHeld(before)) continue;
          told.at((hour += 1) / 24, next);
          if (isHeld(before) && !isHeld(told.run)) expect(next.kind).toBe('resume');
          if (isHeld(told.run)) {
            expect(told.run.dwellUntil).toBeNull();
            expect(told.run.request?.kind).toBe('goOn');
          } else {
            expect(told.run.request).toBeUndefined();
            expect(told.run.dwellUntil !== null).toBe(told.run.status === 'dwelling');
          }
          expect(told.run.revision).toBeGreaterThanOrEqual(before.revision);
        }
      }),
      { numRuns: 500 },
    );
  });
});
