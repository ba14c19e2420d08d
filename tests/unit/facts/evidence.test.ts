import { completeEvidence, EvidenceMissing, isReference } from '../../../domain/queues/evidence';

describe('what shows that a step was done', () => {
  it.each([
    'ticket-4711',
    'zd-48213',
    'stripe:ch_19a',
    'charge:ch_19a',
    'ch_3Nabc123XYZ',
    'ch_3MmlLrLkdIwHu7ix0uY1dZ7T',
    'ch_1234567890',
    'CASE-1234567',
    'CASE/118#3',
    'jira:OPS-118',
    'OPS-EU-48213',
    'INC0012345',
    'order/88213',
    'order-12',
    'orders/8821345',
    'rehearsal/412/3',
    '4711',
    '2f0c5a3e-4a55-4a3f-8f0e-1c9a4a0b7d21',
    'chart:2f0c5a3e-4a55-4a3f-8f0e-1c9a4a0b7d21',
    'rehearsal/19991231-1999-4111-8111-123456789012/1',
    'cus_Qw12er',
  ])('is an id in another system: %s', (reference) => {
    expect(isReference(reference)).toBe(true);
  });

  it.each([
    ['an email address', 'pat@example.com'],
    ['a telephone number', '555-010-4477'],
    ['a telephone number with a letter', '555-123-4567x'],
    ['a telephone number behind a kind', 'ticket:555-123-4567'],
    ['a telephone number with its country', '+14155550100'],
    ['a telephone number written together', '4155550100'],
    ['a telephone number behind a word', 'tel:4155550100'],
    ['a telephone number behind a word for it', 'mobile-07911123456'],
    ['a short telephone number behind a word for it', 'phone-5550100'],
    ['a telephone number dialled abroad', 'tel:0041791234567'],
    ['a telephone number behind any word', 'ticket-07911123456'],
    ['a telephone number under lines', 'ch_555_010_4477'],
    ['seven digits that anybody could call', '555-0100'],
    ['seven digits alone', '5550100'],
    ['a social security number', '123-45-6789'],
    ['a social security number behind a word for it', 'ssn:123-45-6789'],
    ['a social security number written together', 'ssn:123456789'],
    ['a name with a date of birth', 'Jane-Miller-1984-03-12'],
    ['a date', 'born:1984-03-12'],
    ['a date behind a kind', 'case-1984-03-12'],
    ['a date in one', 'case-19840312'],
    ['a date in one behind initials', 'jm19840312'],
    ['a date, days first', 'case-12031984'],
    ['a short date', 'case-03-12-84'],
    ['a month of a year', 'case-1984-03'],
    ['an address', '12-Main-Street-Springfield'],
    ['an address without the rest', '12-Main'],
    ['an address written together', '12MainStreet'],
    ['a name', 'Miller-4711'],
    ['a name in a system', 'zendesk:miller-4711'],
    ['a name written together', 'JaneMiller1984'],
    ['initials and what happened', 'jm1984-refused-to-take-methotrexate'],
    ['what happened in short words', 'jm-is-ok-1'],
    ['words', 'called-the-patient'],
    ['words with a number', 'called-the-patient-2'],
    ['text', 'called 2 times'],
    ['lines', 'ticket-1\nticket-2'],
    ['a line and its end', 'ticket-1\n'],
    ['less than an id', 'a1'],
    ['more than an id', `t1${'x'.repeat(120)}`],
    ['nothing', ''],
  ])('is never %s', (_what, reference) => {
    expect(isReference(reference)).toBe(false);
  });

  it('is judged in no time, however it is made', () => {
    const begun = performance.now();
    for (const part of ['1-', 'a', '1', 'a1', '_1', '1_']) isReference(part.repeat(60));
    expect(performance.now() - begun).toBeLessThan(200);
  });
});

describe('evidence for a path', () => {
  const PATH = ['Find the charge', 'Send it again'];
  const at = (step: number) => ({ step, reference: `ticket-${step}` });
  function missing(evidence: { step: number; reference: string }[]): string[] {
    try {
      completeEvidence(PATH, evidence);
    } catch (error) {
      if (error instanceof EvidenceMissing) return error.problems.map(({ message }) => message);
    }
    return [];
  }

  it('is one reference for each step, in the order of the path', () => {
    expect(completeEvidence(PATH, [at(2), at(1)])).toEqual([at(1), at(2)]);
  });

  it('names every step that has none', () => {
    expect(missing([])).toEqual(['Step 1 has none: Find the charge', 'Step 2 has none: Send it again']);
    expect(missing([at(1)])).toEqual(['Step 2 has none: Send it again']);
  });

  it('refuses a step twice, and one that the path lacks', () => {
    expect(missing([at(1), at(2), at(2)])).toEqual(['Give step 2 one reference.']);
    expect(missing([at(1), at(2), at(3)])).toEqual(['The path has 2 steps; leave out what is beyond.']);
  });
});
