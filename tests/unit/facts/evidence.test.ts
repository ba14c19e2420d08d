import { completeEvidence, EvidenceMissing, isReference } from '../../../domain/queues/evidence';

describe('what shows that a step was done', () => {
  it.each([
    'ticket-4711',
    'charge:ch_19a',
    'CASE/2024-118#3',
    'crm.example/cases/18',
    '4711',
    '2f0c5a3e-4a55-4a3f-8f0e-1c9a4a0b7d21',
  ])('is an id in another system: %s', (reference) => {
    expect(isReference(reference)).toBe(true);
  });

  it.each([
    ['an email address', 'pat@example.com'],
    ['a telephone number', '555-010-4477'],
    ['a telephone number with its country', '+14155550100'],
    ['a telephone number written together', '4155550100'],
    ['a telephone number behind a word', 'tel:4155550100'],
    ['seven digits that anybody could call', '555-0100'],
    ['words', 'called-the-patient'],
    ['text', 'called 2 times'],
    ['lines', 'ticket-1\nticket-2'],
    ['less than an id', 'a1'],
    ['more than an id', `t1${'x'.repeat(120)}`],
    ['nothing', ''],
  ])('is never %s', (_what, reference) => {
    expect(isReference(reference)).toBe(false);
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
