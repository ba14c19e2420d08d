import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { parse, stringify } from 'yaml';
import { canonicalJson } from '../../../domain/plan/canonical-json';
import { loadPlan } from '../../../domain/plan/load-plan';
import { isPlanOf, planHash } from '../../../domain/plan/plan-hash';
import type { PlanDocument } from '../../../domain/plan/plan-schema';
import { edit, PAYMENT, TELEHEALTH } from './plan-texts';

const document = parse(PAYMENT) as PlanDocument;
const { plan, hash } = loadPlan(PAYMENT);

/** The same value with the names of every map in another order. */
function shuffled(value: unknown, random: () => number): unknown {
  if (Array.isArray(value)) return value.map((item) => shuffled(item, random));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(
    ([name, property]) => [random(), name, shuffled(property, random)] as const,
  );
  return Object.fromEntries(
    entries.sort(([left], [right]) => left - right).map(([, name, property]) => [name, property]),
  );
}

describe('the hash that people approve', () => {
  it('does not change with the order of names, white space, quotes, or the form of lists', () => {
    fc.assert(
      fc.property(
        fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })),
        fc.integer({ min: 1, max: 8 }),
        fc.constantFrom('PLAIN', 'QUOTE_DOUBLE', 'QUOTE_SINGLE'),
        fc.boolean(),
        (numbers, indent, defaultStringType, flow) => {
          const random = (): number => numbers.next().value as number;
          const value = shuffled(document, random);
          const text = flow
            ? JSON.stringify(value, undefined, indent)
            : stringify(value, { indent, defaultStringType, lineWidth: 0 });
          expect(loadPlan(text).hash).toBe(hash);
        },
      ),
      { numRuns: 20 },
    );
  });

  it('does not change with comments, wherever they stand', () => {
    const lines = PAYMENT.split('\n');
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(lines.length - 1), { maxLength: 20 }), (places) => {
        const text = lines.map((line, index) =>
          places.includes(index) && line !== '' ? `# ${index}\n${line} # why` : line,
        );
        expect(loadPlan(text.join('\n')).hash).toBe(hash);
      }),
      { numRuns: 20 },
    );
  });

  it.each([
    ['a default written out', 'unit: episode', 'unit: episode\n    lease: 60s\n    resumeWithin: 15m\n    probes: []'],
    ['a duration in another unit', 'within: 10m', 'within: 600s'],
    ['a duration as a sum', 'soak: 14d', 'soak: 1w 7d'],
    ['a percentage with more decimals', 'atLeast: 90%', 'atLeast: 90.00%'],
    ['one end as a list', 'end: review.assigned', 'end: [review.assigned]'],
    ['white space around text', 'title: Payment moves', 'title:    Payment moves'],
  ])('does not change with %s', (_, from, to) => {
    expect(loadPlan(edit(PAYMENT, from, to)).hash).toBe(hash);
  });

  it('changes with any value of the plan, whichever it is', () => {
    const leaves = leavesOf(plan, []);
    expect(leaves.length).toBeGreaterThan(150);
    const hashes = leaves.map((path) => planHash(changed(plan, path) as typeof plan));
    expect(new Set([hash, ...hashes]).size).toBe(leaves.length + 1);
  });

  it('changes with the order of phases and cohorts, of which the first that matches takes a unit', () => {
    const { phases } = loadPlan(TELEHEALTH).plan;
    const whole = { ...plan, phases };
    const turned = phases.map((phase) => ({ ...phase, cohorts: [...phase.cohorts].reverse() }));
    const hashes = [phases, [...phases].reverse(), turned].map((order) => planHash({ ...whole, phases: order }));
    expect(new Set(hashes).size).toBe(3);
  });

  it('does not change with the order of queues, which says nothing, and knows a plan by an earlier hash too', () => {
    const turned = { ...plan, queues: [...plan.queues].reverse() };
    expect(planHash(turned)).toBe(hash);
    const asWritten = createHash('sha256').update(canonicalJson(turned), 'utf8').digest('hex');
    expect(asWritten).not.toBe(hash);
    expect([hash, asWritten, 'f'.repeat(64)].map((one) => isPlanOf(turned, one))).toEqual([true, true, false]);
  });

  it('follows a waiver to what it is of, wherever that stands', () => {
    const waiver = (index: number, reason: string) =>
      ({
        code: 'WH111',
        at: `stackMap[${index}].actionOwner`,
        reason,
        approvedBy: 'clinical-leads',
        expires: '2027-01-01',
      }) as const;
    const waived = (stackMap: typeof plan.stackMap, ...waivers: ReturnType<typeof waiver>[]): string =>
      planHash({ ...plan, stackMap, waivers });
    const [first, second, ...others] = plan.stackMap;
    if (first === undefined || second === undefined) throw new Error('The plan has no layers.');
    const turned = [second, first, ...others];
    const before = waived(plan.stackMap, waiver(0, 'one'), waiver(1, 'two'));
    expect(waived(turned, waiver(1, 'one'), waiver(0, 'two'))).toBe(before);
    expect(waived(turned, waiver(0, 'one'), waiver(1, 'two'))).not.toBe(before);
  });

  it('is that of the plan as the database gives it back', () => {
    expect(planHash(JSON.parse(JSON.stringify(plan)) as typeof plan)).toBe(hash);
  });

  it('is what it was: a release that computes another one would void approvals', () => {
    const approved = readFileSync(join(__dirname, '../../fixtures/plans/approved-earlier.yaml'), 'utf8');
    const now = loadPlan(approved);
    expect(now.hash).toBe('175b4179afedb5a46c969a3d66f64c454f03696ab2ca4b9773592305b8772f26');
    expect(isPlanOf(now.plan, '85f7d8fbbb7f48f8e82f190cd5e7814924f8af0d4129d52875a81869c2b86280')).toBe(true);
  });
});

describe('canonical JSON', () => {
  it('writes the sample of RFC 8785, section 3.2.2 and 3.2.3, as the RFC does', () => {
    const sample = {
      numbers: [333333333.33333329, 1e30, 4.5, 2e-3, 0.000000000000000000000000001],
      string: '\u20ac$\u000F\u000aA\'\u0042\u0022\u005c\\"/',
      literals: [null, true, false],
    };
    expect(canonicalJson(sample)).toBe(
      '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
    );
    const names = { '\u20ac': 1, '\r': 2, '\ufb33': 3, '1': 4, '\ud83d\ude00': 5, '\u0080': 6, '\u00f6': 7 };
    expect(canonicalJson(names)).toBe('{"\\r":2,"1":4,"\u0080":6,"\u00f6":7,"\u20ac":1,"\ud83d\ude00":5,"\ufb33":3}');
  });

  it('gives one text for equal values, and reads back as the value', () => {
    fc.assert(
      fc.property(
        fc.jsonValue({ noUnicodeString: false }),
        fc.infiniteStream(fc.double({ noNaN: true })),
        (value, numbers) => {
          const text = canonicalJson(value);
          expect(canonicalJson(shuffled(value, () => numbers.next().value as number))).toBe(text);
          expect(canonicalJson(JSON.parse(text))).toBe(text);
        },
      ),
    );
  });

  it('counts a property that is undefined as absent', () => {
    expect(canonicalJson({ share: undefined, perDay: 3 })).toBe('{"perDay":3}');
  });

  it.each([NaN, Infinity, 1n, undefined, () => 1, '\ud800', { '\udc00': 1 }])(
    'refuses what JSON cannot hold: %p',
    (value) => {
      expect(() => canonicalJson(value)).toThrow(TypeError);
    },
  );
});

type Path = (string | number)[];

function leavesOf(value: unknown, path: Path): Path[] {
  if (typeof value !== 'object' || value === null) return [path];
  return Object.entries(value).flatMap(([name, item]) =>
    leavesOf(item, [...path, Array.isArray(value) ? Number(name) : name]),
  );
}

/** A copy with one leaf changed. */
function changed(value: unknown, [step, ...rest]: Path): unknown {
  if (step === undefined) {
    if (typeof value === 'number') return value + 1;
    return typeof value === 'boolean' ? !value : `${String(value)}x`;
  }
  if (Array.isArray(value)) return value.map((item: unknown, index) => (index === step ? changed(item, rest) : item));
  return { ...(value as object), [step]: changed((value as Record<string, unknown>)[step], rest) };
}
