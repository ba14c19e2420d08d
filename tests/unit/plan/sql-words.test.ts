import { isOneSelect, sqlWords } from '../../../domain/plan/rules/sql-words';

describe('the words of a query', () => {
  it.each([
    ['SELECT 1', true],
    ['select 1;', true],
    ['  -- what it is for;\n /* ; */ WITH a AS (SELECT 1) SELECT * FROM a ;', true],
    ["SELECT ';', $$ ; $$, $x$ ; $$ ; $x$, \"a;b\", 'it''s; so'", true],
    ['SELECT 1; SELECT 2', false],
    ['SELECT 1;;', false],
    ["SELECT 1; -- ' \n DELETE FROM x", false],
    ['INSERT INTO x VALUES (1)', false],
    ['BEGIN', false],
    ['-- SELECT 1', false],
    ['', false],
  ])('%s', (query, expected) => {
    expect(isOneSelect(sqlWords(query))).toBe(expected);
  });

  it('are read in time, whatever the text', () => {
    for (const part of ["'", '"', '$a$', '/*', '--', "''", '$', '/*/'])
      expect(sqlWords(part.repeat(50_000))).toBeDefined();
  });
});
