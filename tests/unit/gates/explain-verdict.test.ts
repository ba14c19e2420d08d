import { explainVerdict, type VerdictGround } from '../../../domain/gates/explain-verdict';
import { readStoredEvidence, type StoredEvidence } from '../../../domain/gates/stored-evidence';
import type { GateRule } from '../../../domain/plan/plan-schema';

const COMPARISON: GateRule = { kind: 'comparison', margin: 0.1, minimumOutcomes: 30 };
const FLOOR: GateRule = { kind: 'floor', atLeast: 0.9, minimumOutcomes: 20, test: 'threshold' };
const FAST: GateRule = { kind: 'latency', percentile: 90, within: 120_000, minimumOutcomes: 20 };
const CONTACTS: GateRule = { kind: 'ratio', event: 'ticket', times: 1.2, minimumOutcomes: 30 };
const SLOWER: GateRule = { kind: 'slowerThanLegacy', margin: 0.05, minimumOutcomes: 30 };
const TEAM: GateRule = { kind: 'capacity', team: 'care', during: 3_600_000 };
const NO_MISS: GateRule = { kind: 'zeroTolerance', missed: 0, minimumOutcomes: 1 };

const evidence: StoredEvidence = {
  ...{ message: 'as it was found.', newestAt: null, carriedBy: null },
  ...{ target: { kept: 36, missed: 51 }, legacy: { kept: 243, missed: 18 }, logEvidence: Math.log(4_123), alpha: 0.05 },
};
const ground: VerdictGround = {
  ...{ handoff: { start: 'payment', end: ['routing'] }, rule: COMPARISON, verdict: 'limitCrossed', evidence },
  ...{ signers: ['engineer-1', 'clinical-lead-1', 'release-manager-1'], override: undefined },
};
const SIGNED = 'signed by engineer-1, clinical-lead-1 and release-manager-1';
const explain = (change: Partial<VerdictGround> = {}, found: Partial<StoredEvidence> = {}): string =>
  explainVerdict({ ...ground, ...change, evidence: { ...evidence, ...found } });

describe('R37 a verdict in one sentence', () => {
  it('has both numbers, the evidence against what was agreed, and who signed', () => {
    expect(explain()).toBe(
      `payment -> routing kept 41.3% of 87 on target, 93.1% of 261 on legacy; evidence 1 in 4,100 against chance, agreed limit 1 in 20; ${SIGNED}`,
    );
  });

  it('names the part of the rule that carried it, and the part of alpha that it must reach', () => {
    expect(explain({}, { carriedBy: 'floor', alpha: 0.05 / 3 })).toContain(
      'evidence 1 in 4,100 against chance (against the floor), agreed limit 1 in 60;',
    );
    expect(explain({}, { carriedBy: 'of a later release', alpha: null })).toContain(
      "evidence 1 in 4,100 against chance, agreed limit: kept on target more than 10 points under legacy's, on evidence;",
    );
  });

  it.each<[string, Partial<VerdictGround>, Partial<StoredEvidence>, string]>([
    [
      'a plain floor',
      { rule: FLOOR },
      { legacy: null, logEvidence: null },
      'payment -> routing kept 41.3% of 87 on target; agreed limit: kept on target under 90%',
    ],
    [
      'a count of cases',
      { rule: NO_MISS },
      { logEvidence: null, alpha: null },
      'payment -> routing missed 51 of 87 on target; agreed limit: more than 0 missed on target',
    ],
    [
      'how many were fast',
      { rule: FAST },
      {},
      'payment -> routing within 2m: 41.3% of 87 on target, 93.1% of 261 on legacy; evidence',
    ],
    [
      'how many wrote to support',
      { rule: CONTACTS },
      { carriedBy: 'ratio' },
      "payment -> routing with ticket: 51 of 87 on target, 18 of 261 on legacy; evidence 1 in 4,100 against chance (against legacy's rate), agreed limit 1 in 20",
    ],
    [
      'how many did once legacy has drained',
      { rule: CONTACTS },
      { carriedBy: 'baseline', legacy: { kept: 0, missed: 0 } },
      'payment -> routing with ticket: 51 of 87 on target; evidence 1 in 4,100 against chance (against what legacy had before it drained)',
    ],
    [
      'what no gate shows alone',
      {},
      { logEvidence: Math.log(12) },
      '; crossed with others: as it was found; evidence 1 in 12 against chance, agreed limit 1 in 20',
    ],
    [
      'that nothing comes any more',
      { verdict: 'noData' },
      {},
      '93.1% of 261 on legacy; no data: as it was found; evidence',
    ],
    ['that it was not read', { verdict: 'sourceError' }, {}, 'on legacy; could not be read: as it was found; evidence'],
    [
      'how long it took, once',
      { rule: SLOWER },
      { message: 'of 87 on target 71% ended within 2m; 1 in 4,100 if healthy' },
      'payment -> routing: of 87 on target 71% ended within 2m; 1 in 4,100 if healthy; agreed limit 1 in 20; signed',
    ],
    ['what a team can work on', { rule: TEAM }, {}, 'payment -> routing: as it was found; evidence'],
    [
      'a count of some cases',
      { rule: { ...NO_MISS, ofFirst: 10 } },
      {},
      'payment -> routing: as it was found; evidence',
    ],
    ['several ends', { handoff: { start: 'a', end: ['b', 'c'] } }, {}, 'a -> b or c kept 41.3% of 87 on target'],
    [
      'what could not be read',
      { verdict: 'sourceError' },
      { target: null, logEvidence: null },
      'payment -> routing: as it was found; agreed limit: kept',
    ],
    ['too few', { verdict: 'insufficient' }, {}, '93.1% of 261 on legacy; not enough yet: as it was found; evidence'],
    [
      'nobody on a side',
      {},
      { target: { kept: 0, missed: 0 }, legacy: { kept: 0, missed: 0 } },
      'payment -> routing no outcomes yet on target; evidence',
    ],
    [
      'nobody on target, and who is on legacy',
      { verdict: 'pass' },
      { target: { kept: 0, missed: 0 }, logEvidence: 0 },
      'payment -> routing no outcomes yet on target, kept 93.1% of 261 on legacy; nothing speaks against it, agreed limit 1 in 20',
    ],
    [
      'a floor that a stretch of a good attempt crosses',
      { rule: { ...FLOOR, test: 'sequential' } },
      { target: { kept: 121, missed: 6 }, carriedBy: 'floor' },
      'kept 95.2% of 127 on target, 93.1% of 261 on legacy; evidence 1 in 4,100 against chance (against the floor, by a stretch of them that is far below), agreed limit 1 in 20',
    ],
    [
      'how many were fast, but for a stretch',
      { rule: FAST },
      { target: { kept: 121, missed: 6 } },
      'against chance (by a stretch of them that is far below)',
    ],
    ['a miss in many', {}, { target: { kept: 9_999, missed: 1 } }, 'kept 99.9% of 10,000 on target'],
    [
      'a rate a hair below the limit',
      { rule: FLOOR },
      { target: { kept: 899, missed: 100 } },
      'kept 89.9% of 999 on target',
    ],
    ['all kept', {}, { target: { kept: 3, missed: 0 } }, 'kept 100% of 3 on target'],
    ['evidence beyond counting', {}, { logEvidence: 500 }, 'evidence less than 1 in 1,000,000,000 against chance'],
    ['nobody who signed', { signers: [] }, {}, '; signed by nobody yet'],
    [
      'an override',
      { override: { askedBy: 'one', confirmedBy: 'two', reason: 'it resends' } },
      {},
      `${SIGNED}; overridden by one and two: it resends`,
    ],
  ])('says %s', (_what, change, found, said) => {
    expect(explain(change, found)).toContain(said);
  });
});

describe('evidence that is kept of a verdict', () => {
  const none = {
    message: '',
    newestAt: null,
    target: null,
    legacy: null,
    logEvidence: null,
    alpha: null,
    carriedBy: null,
  };

  it('is read as it was written, outcomes ahead of the reading that they are from', () => {
    const written = {
      ...{ message: 'kept', newestAt: '2026-03-02T09:00:00.000Z', logEvidence: 3.5, alpha: 0.025, carriedBy: 'floor' },
      outcomes: { target: { kept: 1, missed: 2 }, legacy: { kept: 3, missed: 4 } },
      reading: { target: { attempt: { kept: 9, missed: 9, released: 9 }, epoch: {} }, legacy: null },
    };
    const { outcomes, reading: _reading, ...rest } = written;
    expect(readStoredEvidence(written)).toEqual({ ...rest, ...outcomes });
  });

  it("of a release that kept only its reading has that one's counts", () => {
    const side = { attempt: { kept: 5, missed: 6, released: 7 }, epoch: { kept: 0, missed: 0, released: 0 } };
    expect(readStoredEvidence({ message: 'm', reading: { target: side, legacy: side, newestAt: null } })).toEqual({
      ...{ ...none, message: 'm' },
      ...{ target: { kept: 5, missed: 6 }, legacy: { kept: 5, missed: 6 } },
    });
  });

  it.each([
    null,
    'text',
    7,
    [],
    {},
    {
      outcomes: 'x',
      reading: { target: { attempt: 3 } },
      logEvidence: 'y',
      alpha: 1,
      carriedBy: 2,
      newestAt: 4,
      message: {},
    },
  ])('is empty where it says nothing that can be read: %j', (written) => {
    expect(readStoredEvidence(written)).toEqual(none);
  });
});
