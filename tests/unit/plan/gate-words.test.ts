import type { GateRule } from '../../../domain/plan/plan-schema';
import { gateWords } from '../../../domain/plan/words/gate-words';

const MINUTE = 60_000;

describe('what people read of a gate', () => {
  it('says what crosses it, and who counts where that is not the migration itself', () => {
    const floor = { kind: 'floor', atLeast: 0.95, minimumOutcomes: 20 } as const;
    expect(gateWords(floor)).toBe('kept on target under 95%, on evidence; goes on after 20 outcomes or more');
    expect(gateWords(floor, { kind: 'sql', connection: 'warehouse', query: 'SELECT 1' })).toBe(
      'kept on target under 95%, on evidence; goes on after 20 outcomes or more, as a query (warehouse) counts them',
    );
  });

  it.each<[GateRule, string]>([
    [
      { kind: 'floor', atLeast: 0.95, minimumOutcomes: 20, test: 'threshold' },
      'kept on target under 95%; decides on 20 outcomes or more',
    ],
    [
      { kind: 'floor', atLeast: 0.9, minimumOutcomes: 20, above: 0.92 },
      'kept on target under 90%, on evidence; goes on after 20 outcomes or more; asks for evidence that it is above 92%',
    ],
    [
      { kind: 'comparison', margin: 0.05, minimumOutcomes: 30, notWorseBy: 0.04 },
      "kept on target more than 5 points under legacy's, on evidence; goes on after 30 outcomes or more; asks for evidence that it is less than 4 points worse",
    ],
    [
      { kind: 'comparison', margin: 0.05, minimumOutcomes: 30, test: 'threshold' },
      "kept on target more than 5 points under legacy's; decides on 30 outcomes or more a side",
    ],
    [
      { kind: 'zeroTolerance', missed: 2, minimumOutcomes: 5, ofFirst: 10 },
      'more than 2 missed on target, of the first 10; goes on after 5 outcomes or more',
    ],
    [
      { kind: 'zeroTolerance', missed: 0, minimumOutcomes: 1, condition: 'licensed' },
      "more than 0 missed for 'licensed' on target; goes on after 1 outcomes or more",
    ],
    [
      { kind: 'zeroTolerance', missed: 0, minimumOutcomes: 1, counts: 'secondEnds' },
      'more than 0 ended twice on target; goes on after 1 outcomes or more',
    ],
    [
      { kind: 'latency', percentile: 95, within: 2 * MINUTE, minimumOutcomes: 20 },
      'within 2m on target under 95%, on evidence; goes on after 20 outcomes or more',
    ],
    [
      { kind: 'latency', percentile: 95, within: 2 * MINUTE, minimumOutcomes: 20, margin: 0.1, test: 'threshold' },
      "within 2m on target more than 10 points under legacy's; decides on 20 outcomes or more a side",
    ],
    [
      { kind: 'slowerThanLegacy', margin: 0.05, minimumOutcomes: 30, notWorseBy: 0.04 },
      "ended within legacy's p50, p90 or p99 on target more than 5 points under legacy's, on evidence; goes on after 30 outcomes or more; asks for evidence that it is less than 4 points worse",
    ],
    [
      { kind: 'ratio', event: 'support.ticketOpened', times: 1.2, minimumOutcomes: 30 },
      'support.ticketOpened on target more than 1.2 times as often as on legacy, on evidence; goes on after 30 outcomes or more a side',
    ],
    [
      { kind: 'capacity', team: 'support', load: 0.85, during: 120 * MINUTE },
      'open on both sides above 85% of what support on duty can work on, for 2h',
    ],
    [
      { kind: 'capacity', team: 'support', during: 120 * MINUTE },
      'open on both sides above 100% of what support on duty can work on, for 2h',
    ],
  ])('says of %j what crosses it and what it takes to go on', (rule, words) => {
    expect(gateWords(rule)).toBe(words);
  });
});
