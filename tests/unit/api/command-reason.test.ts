import { COMMAND_BODIES } from '../../../api/migrations/requests';

const takes = (reason: string): boolean => COMMAND_BODIES.pause.safeParse({ reason }).success;

describe('I15 the reason of a command', () => {
  it.each([
    'double charges reported since 09:40, see INC-20931',
    'support is at 85% of capacity (412 of 480)',
    'routing broke at 2026-03-02 10:15 after release 4.12.0',
    'epoch 12 to 15, share 25000 of 100000',
  ])('may be of the migration: %s', (reason) => {
    expect(takes(reason)).toBe(true);
  });

  it.each([
    'see jane@example.com',
    'call +1 415 555 0199',
    'call (415) 555-0199',
    'call 415.555.0199',
    'call 4155550199',
    'call +44 20 7946 0958',
  ])('is refused where it holds a way to reach somebody: %s', (reason) => {
    expect(takes(reason)).toBe(false);
  });

  it('has 1 to 500 characters', () => {
    expect(takes('x'.repeat(500))).toBe(true);
    expect(takes('x'.repeat(501))).toBe(false);
    expect(takes('  ')).toBe(false);
  });
});
