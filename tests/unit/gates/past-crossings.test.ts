import { crossingsOf, type GateEntry } from '../../../domain/gates/past-crossings';
import { signaturesOf, signersOf, type GoNoGoEntry } from '../../../domain/gates/signatures';

const row = (action: string, at: string, evidence: object = {}, reason: string | null = null): GateEntry => ({
  ...{ action, at, evidence, reason, planHash: 'a' },
});

describe('what a gate did to a cohort', () => {
  it('is each crossing with what came of it, whatever the order in which rollbacks end', () => {
    const crossings = crossingsOf([
      row('gate.limitCrossed', '1', { gate: 'g' }, 'kept 0.8'),
      row('rollback.started', '2', { scope: 'step', rollback: 'p/c/4' }, 'kept 0.8'),
      row('gate.limitCrossed', '3', { gate: 'g' }, 'kept 0.7'),
      row('rollback.started', '4', { scope: 'cohort', rollback: 'p/c/7' }, 'kept 0.7'),
      row('rollback.done', '5', { rollback: 'p/c/7', failures: ['a card'] }),
      row('rollback.done', '6', { rollback: 'p/c/4', failures: [] }),
      row('gate.limitCrossed', '7', {}, 'kept 0.6'),
      row('paused', '8', {}, 'kept 0.6'),
      row('gate.limitCrossed', '9', {}, 'kept 0.5'),
    ]);
    expect(crossings).toEqual([
      {
        ...{ at: '1', planHash: 'a', message: 'kept 0.8', inThisCohort: true },
        did: { kind: 'rollback', id: 'p/c/4', scope: 'step', doneAt: '6', failures: [] },
      },
      {
        ...{ at: '3', planHash: 'a', message: 'kept 0.7', inThisCohort: true },
        did: { kind: 'rollback', id: 'p/c/7', scope: 'cohort', doneAt: '5', failures: ['a card'] },
      },
      { at: '7', planHash: 'a', message: 'kept 0.6', inThisCohort: true, did: { kind: 'pause' } },
      { at: '9', planHash: 'a', message: 'kept 0.5', inThisCohort: true, did: { kind: 'nothing' } },
    ]);
  });

  it("is also what another cohort's crossing did to this one", () => {
    expect(
      crossingsOf([
        row('rollback.started', '1', { scope: 'phase', rollback: 'p/d/3' }, 'kept 0.4'),
        row('goNoGo.void', '2', {}, 'kept 0.4'),
      ]),
    ).toMatchObject([
      { inThisCohort: false, message: 'kept 0.4', did: { kind: 'rollback', scope: 'phase' } },
      { inThisCohort: false, did: { kind: 'voidGo' } },
    ]);
  });
});

describe('who signed', () => {
  const began = new Date('2026-03-01T09:00:00.000Z');
  const versions = [
    { number: 1, planHash: 'a', proposedBy: 'starter', approvedBy: 'starter', adoptedAt: began },
    { number: 2, planHash: 'b', proposedBy: 'one', approvedBy: 'two', adoptedAt: began },
  ];
  const entry = (action: string, actor: string, planHash = 'a'): GoNoGoEntry => ({
    ...{ action, actor, planHash, verified: true, at: '2026-03-02T09:00:00.000Z' },
  });

  it('is who started with the plan, and who said go by it', () => {
    const signed = signaturesOf('a', versions, [
      ...[
        entry('approval.asked', 'system:phase-engine'),
        entry('goNoGo.approval', 'lead'),
        entry('goNoGo.approval', 'manager'),
      ],
      entry('goNoGo.approved', 'system:phase-engine'),
    ]);
    expect(signed.map(({ by, as }) => [by, as])).toEqual([
      ['starter', 'started'],
      ['lead', 'goNoGo'],
      ['manager', 'goNoGo'],
    ]);
    expect(signed[0]).toMatchObject({ at: began.toISOString(), verified: true });
  });

  it.each(['goNoGo.void', 'goNoGo.rejected', 'approval.asked'])('is nobody whose go came before %s', (action) => {
    const entries = [entry('goNoGo.approval', 'lead'), entry(action, 'somebody'), entry('goNoGo.approval', 'manager')];
    expect(signersOf(signaturesOf('a', versions, entries))).toEqual(['starter', 'manager']);
  });

  it('of a later version is who proposed and who approved it; a go by the one before is none', () => {
    const signed = signaturesOf('b', versions, [entry('goNoGo.approval', 'lead')]);
    expect(signed.map(({ by, as }) => [by, as])).toEqual([
      ['one', 'proposedPlan'],
      ['two', 'approvedPlan'],
    ]);
    expect(signersOf([...signed, ...signed])).toEqual(['one', 'two']);
    expect(signaturesOf('unknown', versions, [])).toEqual([]);
  });
});
