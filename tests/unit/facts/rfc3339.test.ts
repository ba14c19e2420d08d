import fc from 'fast-check';
import { parseTimestamp } from '../../../domain/events/rfc3339';

describe('reading a time', () => {
  it('reads what any clock writes, in any offset', () => {
    const written = fc.date({ min: new Date(0), max: new Date('2200-01-01T00:00:00Z'), noInvalidDate: true });
    const offsets = fc.integer({ min: -23 * 60, max: 23 * 60 });
    fc.assert(
      fc.property(written, offsets, (date, offset) => {
        const local = new Date(date.getTime() + offset * 60_000).toISOString().slice(0, -1);
        const digits = (count: number): string => String(count).padStart(2, '0');
        const zone = `${offset < 0 ? '-' : '+'}${digits(Math.trunc(Math.abs(offset) / 60))}:${digits(Math.abs(offset) % 60)}`;
        expect(parseTimestamp(local + zone)).toBe(date.getTime());
      }),
    );
  });

  it('cuts off what is finer than milliseconds, and takes small letters', () => {
    expect(parseTimestamp('2026-03-01t00:00:00.123999999z')).toBe(Date.parse('2026-03-01T00:00:00.123Z'));
    expect(parseTimestamp('2016-12-31T23:59:60Z')).toBe(Date.parse('2017-01-01T00:00:00Z'));
  });

  it.each([
    '2026-13-01T00:00:00Z',
    '2026-02-29T00:00:00Z',
    '2026-04-31T00:00:00Z',
    '2026-03-00T00:00:00Z',
    '2026-03-01T24:00:00Z',
    '2026-03-01T00:60:00Z',
    '2026-03-01T00:00:61Z',
    '2026-03-01T00:00:00',
    '2026-03-01T00:00:00+24:00',
    '2026-03-01T00:00:00.Z',
    '2026-03-01 00:00:00Z',
    '2026-03-01',
    '20260301T000000Z',
    ' 2026-03-01T00:00:00Z',
    '2026-03-01T00:00:00Z\n',
  ])('takes %j for no time', (text) => {
    expect(parseTimestamp(text)).toBeUndefined();
  });
});
