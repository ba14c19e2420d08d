import { changesBetween } from '../../../cli/screens/status-changes';
import { statusWith } from './status-fixture';

describe('what handoff status --watch prints to a log', () => {
  it('says first where everything stands', () => {
    expect(changesBetween(undefined, statusWith())).toEqual([
      'payment is live',
      'payment/everyone watching, 25%, epoch 4',
      'payment/everyone gate routing-floor: pass, kept 0.98 >= 0.95 (n=212)',
      'queue payment-not-routed: 3 open, 1 overdue, 0 resolved',
    ]);
  });

  it('then says nothing while nothing changes', () => {
    expect(changesBetween(statusWith(), statusWith())).toEqual([]);
  });

  it('says what changed and why', () => {
    const split = { share: 0, perDay: null, epoch: 5, mode: 'open' as const, leaseUntil: null, lapsed: false };
    const after = statusWith({
      run: { status: 'rolledBack', epoch: 5, because: { code: 'limitCrossed', message: 'kept 0.41 < 0.95 (n=40)' } },
      standing: { split },
    });
    expect(changesBetween(statusWith(), after)).toEqual([
      'payment/everyone rolled back, 0%, epoch 5: kept 0.41 < 0.95 (n=40)',
    ]);
  });

  it('says when a cohort is left unattended', () => {
    const split = { share: 25_000, perDay: null, epoch: 4, mode: 'open' as const, leaseUntil: null, lapsed: true };
    expect(changesBetween(statusWith(), statusWith({ standing: { split } }))).toEqual([
      'arrivals go to legacy: nobody looks after payment/everyone',
      'payment/everyone watching, unattended, 25%, epoch 4',
    ]);
  });

  it('R37 says when a gate is overridden, and when it no longer is', () => {
    const [gate] = statusWith().phases[0]?.cohorts[0]?.gates ?? [];
    if (gate === undefined) throw new Error('The fixture has no gate.');
    const override = { askedBy: 'one', confirmedBy: 'two', reason: 'counted by hand' };
    const held = { ...gate, verdict: 'noData' as const, message: 'nothing ended yet.' };
    const before = statusWith({ standing: { gates: [held] } });
    const after = statusWith({ standing: { gates: [{ ...held, override }] } });
    const line = 'payment/everyone gate routing-floor: noData, nothing ended yet.';
    expect(changesBetween(before, after)).toEqual([`${line.slice(0, -1)}; overridden by one and two: counted by hand`]);
    expect(changesBetween(after, after)).toEqual([]);
    expect(changesBetween(after, before)).toEqual([line]);
  });

  it('says when the migration ends', () => {
    expect(changesBetween(statusWith(), { ...statusWith(), state: 'ended' })).toEqual(['payment is ended']);
  });
});
