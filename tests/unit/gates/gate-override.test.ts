import {
  checkAsking,
  checkConfirming,
  type AskedOverride,
  type OverrideSituation,
} from '../../../domain/gates/check-gate-override';
import { evidenceHash } from '../../../domain/gates/evidence-hash';
import { isOverridden, overrideWords, type ConfirmedOverride } from '../../../domain/gates/gate-override';
import { VERDICTS } from '../../../domain/gates/verdict';
import type { Actor } from '../../../domain/phase/actor';
import type { Role } from '../../../domain/plan/journey';

const override: ConfirmedOverride = {
  ...{ gate: 'routing-floor', verdict: 'insufficient', reason: 'the vendor resends', clinicalLead: false },
  ...{ askedBy: 'one', confirmedBy: 'two' },
};
const of = (verdict: ConfirmedOverride['verdict'], clinicalLead = false): ConfirmedOverride => ({
  ...override,
  ...{ verdict, clinicalLead },
});

describe('an override of a gate', () => {
  it('stands for what neither passes nor crosses a limit, and for no limit that is crossed after it', () => {
    const stands = VERDICTS.filter((verdict) => isOverridden(override, verdict, 'access'));
    expect(stands).toEqual(['insufficient', 'noData', 'sourceError']);
    expect(VERDICTS.filter((verdict) => isOverridden(undefined, verdict, 'access'))).toEqual([]);
  });

  it('of a crossed limit stands for all but a pass; of a safety gate only with a clinical lead', () => {
    const crossed = of('limitCrossed');
    expect(VERDICTS.filter((verdict) => isOverridden(crossed, verdict, 'money'))).toEqual(VERDICTS.slice(1));
    expect(isOverridden(crossed, 'limitCrossed', 'safety')).toBe(false);
    expect(isOverridden(of('limitCrossed', true), 'limitCrossed', 'safety')).toBe(true);
    expect(isOverridden(of('insufficient', true), 'limitCrossed', 'safety')).toBe(false);
  });

  it('says who and why', () => {
    expect(overrideWords(override)).toBe('overridden by one and two: the vendor resends');
  });
});

describe('the hash of what was seen', () => {
  const seen = { phase: 'p', cohort: 'c', gate: 'g', epoch: 2, verdict: 'insufficient', message: '9 of 20' } as const;
  it('is another one where anything of it is', () => {
    const others = [
      ...[{ phase: 'q' }, { cohort: 'd' }, { gate: 'h' }, { epoch: 3 }],
      ...[{ verdict: 'noData' as const }, { message: '10 of 20' }],
    ].map((change) => evidenceHash({ ...seen, ...change }));
    expect(new Set([evidenceHash(seen), ...others]).size).toBe(7);
    expect(evidenceHash({ ...seen })).toBe(evidenceHash(seen));
  });
});

describe('who may override a gate', () => {
  const person = (id: string, roles: Role[], verified = true): Actor => ({ id, roles, verified });
  const manager = person('manager', ['release-manager']);
  const other = person('other', ['release-manager']);
  const lead = person('lead', ['clinical-lead']);
  const situation: OverrideSituation = {
    ...{ severity: 'access', startedBy: 'starter', isOver: false, epoch: 3 },
    goOn: { roles: ['release-manager'], fourEyes: true },
    now: { verdict: 'limitCrossed', evidence: 'e' },
  };
  const safety: OverrideSituation = { ...situation, severity: 'safety' };
  const asked: AskedOverride = {
    ...{ epoch: 3, verdict: 'limitCrossed', askedBy: 'manager', askedAs: ['release-manager'] },
    ...{ confirmedBy: null, withdrawnBy: null },
  };
  const seen = { verdict: 'limitCrossed' } as const;

  it('are people alone, verified where it takes four eyes', () => {
    const machine = person('robot', ['automation', 'release-manager']);
    expect(checkAsking(machine, seen, situation)?.code).toBe('not-a-person');
    expect(checkConfirming(machine, seen, asked, situation)?.code).toBe('not-a-person');
    const unverified = person('manager', ['release-manager'], false);
    expect(checkAsking(unverified, seen, situation)?.code).toBe('unverified-actor');
    const twoEyes = { ...situation, goOn: { ...situation.goOn, fourEyes: false } };
    expect(checkAsking(unverified, seen, twoEyes)).toBeUndefined();
    expect(checkConfirming(person('starter', ['release-manager']), seen, asked, twoEyes)).toBeUndefined();
  });

  it('has one clinical lead among the two where a safety gate crossed its limit, and one who may let the phase go on', () => {
    expect(checkAsking(lead, seen, situation)?.code).toBe('role-missing');
    expect(checkAsking(lead, seen, safety)).toBeUndefined();
    expect(checkConfirming(other, seen, asked, safety)?.code).toBe('clinical-lead-needed');
    expect(checkConfirming(lead, seen, asked, safety)).toBeUndefined();
    const askedByLead = { ...asked, askedBy: 'first-lead', askedAs: ['clinical-lead' as const] };
    expect(checkConfirming(lead, seen, askedByLead, safety)?.code).toBe('role-missing');
    expect(checkConfirming(other, seen, askedByLead, safety)).toBeUndefined();
    // Too few outcomes are nobody's harm yet.
    const tooFew = { ...safety, now: { verdict: 'insufficient' as const, evidence: 'e' } };
    expect(checkAsking(lead, { verdict: 'insufficient' }, tooFew)?.code).toBe('role-missing');
  });

  it.each<[string, Partial<OverrideSituation>, Partial<AskedOverride>, string]>([
    ['the cohort is done with', { isOver: true }, {}, 'too-late'],
    ['the split changed', { epoch: 4, now: undefined }, {}, 'override-over'],
    ['nobody looked', { now: undefined }, {}, 'gate-not-judged'],
    ['it passes by now', { now: { verdict: 'pass', evidence: 'e' } }, {}, 'nothing-to-override'],
    ['it is another verdict by now', { now: { verdict: 'noData', evidence: 'e' } }, {}, 'verdict-changed'],
    ['it was withdrawn', {}, { withdrawnBy: 'lead' }, 'override-over'],
    ['it was confirmed', {}, { confirmedBy: 'lead' }, 'override-confirmed'],
  ])('is nobody where %s', (_what, change, changed, code) => {
    expect(checkConfirming(other, seen, { ...asked, ...changed }, { ...situation, ...change })?.code).toBe(code);
  });

  it('is who sees what is so', () => {
    expect(checkConfirming(other, { evidence: 'd' }, asked, situation)?.code).toBe('stale-evidence');
    expect(checkConfirming(other, { verdict: 'noData', evidence: 'e' }, asked, situation)?.code).toBe('stale-evidence');
    expect(checkConfirming(other, { evidence: 'e' }, asked, situation)).toBeUndefined();
    expect(checkAsking(manager, { evidence: 'd' }, situation)?.code).toBe('stale-evidence');
    expect(checkAsking(manager, seen, situation)).toBeUndefined();
  });
});
