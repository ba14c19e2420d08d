import { HaproxyRoute, type Stickiness } from '../../../adapters/haproxy/haproxy-route';
import { whyNotRoutable } from '../../../activities/traffic/why-not-routable';
import type { PlanPhase } from '../../../domain/plan/plan-schema';
import { loadPlan } from '../../../domain/plan/load-plan';
import { PLAN_TEXT } from '../../integration/sides/started-migration';

const [phase] = loadPlan(PLAN_TEXT).plan.phases;
if (phase === undefined) throw new Error('The plan has no phase.');
const declared: PlanPhase = phase;

function failures(stickiness: Stickiness, other: Partial<PlanPhase>): string {
  const haproxy = { instances: [{ path: '/run/admin.sock' }], backend: 'payment', legacy: 'legacy', target: 'target' };
  return whyNotRoutable(new HaproxyRoute({ ...haproxy, stickiness }), 'pilot-states', { ...declared, ...other }).join(
    ' ',
  );
}

const STEP = { watch: 60_000 };
const ALL = {
  ramp: [
    { ...STEP, share: 25_000 },
    { ...STEP, share: 100_000 },
  ],
};
const cohorts = declared.cohorts.map((cohort) => ({ ...cohort, ramp: undefined })) as PlanPhase['cohorts'];
const inFlight = (otherwise: 'finish' | 'bringBack', milestone?: 'finish' | 'bringBack' | 'pause') => ({
  inFlight: {
    otherwise,
    milestones: milestone === undefined ? [] : [{ id: 'paid', reachedBy: 'payment.succeeded', policy: milestone }],
  },
});

describe('what a proxy cannot do is found before the phase starts', () => {
  it('numbers a day, caps of open units, and shares too fine for weights', () => {
    expect(failures({ kind: 'cookie' }, { cohorts, ...ALL, ...inFlight('finish') })).toBe('');
    const perDay = { ramp: [{ ...STEP, perDay: 25 }, ...ALL.ramp] };
    expect(failures({ kind: 'cookie' }, { cohorts, ...perDay, ...inFlight('finish') })).toContain('cannot count units');
    const maxOpen = { ramp: [{ ...STEP, share: 10_000, maxOpen: 5 }, ...ALL.ramp] };
    expect(failures({ kind: 'cookie' }, { cohorts, ...maxOpen, ...inFlight('finish') })).toContain(
      'cannot count units',
    );
    const fine = { ramp: [{ ...STEP, share: 100 }, ...ALL.ramp] };
    expect(failures({ kind: 'cookie' }, { cohorts, ...fine, ...inFlight('finish') })).toContain('too fine');
  });

  it('bringing people back whom its cookies hold, or some of them by milestone', () => {
    const everybody = { cohorts, ...ALL, ...inFlight('bringBack') };
    expect(failures({ kind: 'cookie' }, everybody)).toContain('cannot send back');
    expect(failures({ kind: 'dynamicCookie' }, everybody)).toBe('');
    expect(failures({ kind: 'dynamicCookie' }, { cohorts, ...ALL, ...inFlight('bringBack', 'finish') })).toContain(
      'no milestones',
    );
    expect(failures({ kind: 'dynamicCookie' }, { cohorts, ...ALL, ...inFlight('finish', 'pause') })).toContain(
      'let people wait',
    );
  });
});
