import { edit, findingsOf, PAYMENT } from './plan-texts';

const FLOOR = 'rule: { kind: floor, atLeast: 90%, minimumOutcomes: 20 }';
const COMPARED = 'rule: { kind: comparison, margin: 10%, minimumOutcomes: 30 }';
const PAYS = '{ post: /v1/payments, body: { key: $key, patient.state: CO, cents: 4900, test: true }, status: 201 }';
const WAITS = "{ get: /v1/reviews/$key, holds: state = 'assigned' }";

/** A gate of one rule whose figures are of synthetic patients. */
function plan(source: string, rule = FLOOR): string {
  return edit(PAYMENT, rule, `${rule}\n        source: { kind: synthetic, connection: journey, ${source} }`);
}

function found(source: string, rule = FLOOR): string[] {
  return findingsOf(plan(source, rule)).map(({ code, path }) => `${code} ${path.split('.source').at(-1) ?? ''}`);
}

const TIMES = 'every: 5m, timeout: 10s';
const good = `${TIMES}, until: 10m, steps: [${PAYS}, ${WAITS}]`;

describe('synthetic patients in a plan', () => {
  it('are taken where something is expected of each step, and need legacy only where a gate compares', () => {
    expect(found(good)).toEqual([]);
    expect(found(good, COMPARED)).toEqual(['WH607 ']);
    expect(found(`${good}, legacy: [${PAYS}, ${WAITS}]`, COMPARED)).toEqual([]);
  });

  it.each([
    ['a step that expects nothing', `${TIMES}, steps: [{ get: / }]`, ['WH615 .steps[0]']],
    [
      'one that sets out before the last one was answered',
      'every: 5s, timeout: 10s, steps: [{ get: /, status: 200 }]',
      null,
    ],
    ['a step that is neither', `${TIMES}, steps: [{ status: 200 }]`, ['WH617 .steps[0]']],
    ['a step that is both', `${TIMES}, steps: [{ get: /a, post: /a/$key, status: 200 }]`, ['WH617 .steps[0]']],
    ['something sent again and again', `${TIMES}, until: 10m, steps: [${PAYS}]`, ['WH617 .steps[0].post']],
    ['a patient of nobody', `${TIMES}, steps: [{ post: /a, body: { state: CO }, status: 201 }]`, ['WH619 .steps']],
    ['less patience than patients have', `${TIMES}, until: 9m, steps: [${PAYS}, ${WAITS}]`, ['WH618 .until']],
    ['an expression that is none', `${TIMES}, steps: [{ get: /, holds: 'a = (' }]`, ['WH451 .steps[0].holds']],
  ])('are found fault with: %s', (_, source, codes) => {
    expect(found(source)).toEqual(codes ?? ['WH616 .every']);
  });

  it('have bodies of codes, numbers, flags and their key, each name once', () => {
    const sends = (body: string): string[] => found(`${TIMES}, steps: [{ post: /a, body: ${body}, status: 201 }]`);
    expect(sends('{ key: $key, a.b: X, a.c: 1, a.d.e: true }')).toEqual([]);
    expect(sends('{ key: $key, a: X, a.b: Y }')).toEqual(['WH617 .steps[0].body']);
    for (const value of ['Maria Gonzalez', 'maria@example.org', '$keys', '1.5', '$name']) {
      const codes = findingsOf(
        plan(`${TIMES}, steps: [{ post: /a, body: { key: $key, a: '${value}' }, status: 201 }]`),
      );
      expect(codes).toMatchObject(
        value === '1.5'
          ? []
          : [
              {
                path: expect.stringContaining('.body.a') as string,
                message: expect.stringMatching(/^Write a code/) as string,
              },
            ],
      );
    }
  });

  it.each([
    'v1/a',
    '/../admin',
    '//other.example.com',
    '/a b',
    '/a?x=$name',
    'https://other.example.com/',
    '/$keys',
    '/a#b',
  ])('never leave the address of the connection: %s', (path) => {
    expect(findingsOf(plan(`${TIMES}, steps: [{ get: '${path}', status: 200 }]`))).toMatchObject([
      { path: expect.stringMatching(/\.get$/) as string },
    ]);
  });

  it('come at their own pace, whatever the volume: a gate of theirs decides at any', () => {
    const few = (source: string): string[] =>
      findingsOf(edit(plan(source), '    unit: episode\n', '    unit: episode\n    volume: 12\n'))
        .filter(({ code, path }) => code === 'WH620' && path.includes('gates[0]'))
        .map(({ message }) => message);
    expect(few(good)).toEqual([]);
    expect(few(good.replace('every: 5m', 'every: 3d'))).toEqual([expect.stringMatching(/0\.3 a day at most/)]);
  });
});
