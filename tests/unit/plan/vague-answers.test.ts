import { namesNobody, saysNothing } from '../../../domain/plan/schema/no-answer';
import { edit, findingsOf, PAYMENT, positionOf, TELEHEALTH } from './plan-texts';

const VAGUE = [
  ...[
    'TBD',
    'tbd.',
    'T.B.D',
    'Both',
    'either',
    '?',
    '???',
    '...',
    '-',
    'N/A',
    'n.a.',
    'None',
    'someone',
    'Somebody!',
    'everyone',
  ],
  ...[
    'to be decided',
    'To be decided by operations',
    'TBD - ask operations',
    'todo: write this',
    'See above',
    'as discussed',
    '(pending)',
  ],
  ...["don't know", 'don’t know', 'not decided yet', 'ok', 'x', 'Whoever', 'the team'],
];

const CLEAR = [
  ...[
    'Billing operations refunds case by case; a rollback never does.',
    'Call the patient.',
    'Both stacks answer 200.',
  ],
  ...[
    'Someone of billing calls the bank.',
    'No patient is left on legacy.',
    'Open the chart.',
    'None is left in the old queue.',
  ],
];

describe('R2 an answer that decides nothing', () => {
  it.each(VAGUE)('is %j, wherever somebody is to act on it', (answer) => {
    expect(saysNothing(answer)).toBe(true);
  });

  it.each(CLEAR)('is not %j', (answer) => {
    expect(saysNothing(answer)).toBe(false);
  });

  it.each(['payments', 'todo-team', 'both-sides-desk', 'all-hands', 'no-show-desk'])('is not the team %j', (name) => {
    expect(namesNobody(name)).toBe(false);
  });

  it.each([
    [
      'what people do about what cannot be undone',
      PAYMENT,
      'undo: Care coordination sends a correction where the next step changed.',
      'undo: ',
    ],
    ['a step that resolves a case', PAYMENT, '- Find the paid episode in billing.', '- '],
    [
      'why a layer has no part in it',
      PAYMENT,
      'notApplicable: The portal moves with its own phase, later; nothing of it changes here.',
      'notApplicable: ',
    ],
    ['why a part of the journey is left out', PAYMENT, 'intake: Intake moved in spring.', 'intake: '],
    ['what shows that a task is done', TELEHEALTH, 'evidence: The list by state', 'evidence: '],
  ])('is refused as %s, at its line', (_, plan, from, to) => {
    for (const answer of ['to be decided', "'?'", 'TBD by operations', 'n/a']) {
      const text = edit(plan, from, `${to}${answer}`);
      expect(findingsOf(text)).toEqual([
        expect.objectContaining({ code: 'WH109', severity: 'error', line: positionOf(text, `${to}${answer}`).line }),
      ]);
    }
  });
});
