import { arrayLiteral } from '../../../store/array-literal';

/** What `pg` itself sends for a list. */
const { prepareValue } = jest.requireActual<{ prepareValue: (value: unknown) => string }>('pg/lib/utils');

describe('a list that is sent to Postgres', () => {
  it.each([
    [[]],
    [['a', null, 'b c', '', 'NULL', 'ü']],
    [['a"b', 'a\\b', '\\"', '{a,b}', '{"a":"b\\\\"}']],
    [[1, 0.5, -3, true, false, undefined]],
  ])('reads as what pg makes of it: %j', (list) => {
    expect(arrayLiteral(list)).toBe(prepareValue(list));
  });

  it('is left to pg where it holds anything else', () => {
    expect(arrayLiteral([new Date(0)])).toBeUndefined();
    expect(arrayLiteral(['a', ['b']])).toBeUndefined();
    expect(arrayLiteral([{ a: 1 }])).toBeUndefined();
  });
});
