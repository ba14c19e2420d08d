import { parse } from 'yaml';
import { TEXT_LIMITS } from '../../../domain/plan/plan-text';
import { loadPlan } from '../../../domain/plan/load-plan';
import { edit, PAYMENT, positionOf, problemsOf } from './plan-texts';

describe('a text that is not YAML', () => {
  it('lists several broken lines, each in words that say what to do', () => {
    const text = edit(
      edit(PAYMENT, 'title: Payment moves', 'title: Payment: moves'),
      "      - Assign a provider licensed in the patient's state.",
      '      - "Assign a \\p provider"',
    );
    expect(problemsOf(text)).toEqual([
      {
        ...positionOf(text, 'Payment: moves'),
        path: '',
        message: expect.stringContaining("put text with ': ' in quotes") as string,
      },
      { ...positionOf(text, '\\p provider'), path: '', message: expect.stringContaining('not an escape') as string },
    ]);
  });

  it.each([
    ['tabs', 'keys:\n\tpatient: pat', '\tpatient', /spaces/],
    [
      'a bracket that is never closed',
      'apiVersion: warm-handoff/v1\nowners: [a, b\nsystems: 1',
      'systems',
      /brackets|close/i,
    ],
    ['a quote that is never closed', 'apiVersion: "warm-handoff/v1\nmigration: a\n', '"warm', /never closed/],
    ['two documents', 'apiVersion: warm-handoff/v1\n---\na: 1\n', '---', /one document/],
    ['a directive', '%YAML 1.1\n---\na: yes\n', '%YAML', /YAML 1\.2/],
    ['a broken character', 'apiVersion: warm\u0000-handoff\n', '\u0000', /plain UTF-8/],
    ['bytes that were not UTF-8', 'title: caf\uFFFD\n', '\uFFFD', /plain UTF-8/],
  ])('names %s', (_, text, at, message) => {
    const problems = problemsOf(text);
    expect(problems[0]).toMatchObject({
      line: positionOf(text, at).line,
      message: expect.stringMatching(message) as string,
    });
  });

  it.each(['', '# only a comment\n', '~', 'just words', '42', '- a\n- b\n', '[]'])(
    'asks for fields where it finds %j',
    (text) => {
      expect(problemsOf(text)).toEqual([
        { line: 1, column: 1, path: '', message: "Write fields here, each as 'name: value'." },
      ]);
    },
  );

  it('reads files of other systems: a byte order mark, and lines that end with CR and LF', () => {
    expect(loadPlan(`\uFEFF${PAYMENT.replaceAll('\n', '\r\n')}`).hash).toBe(loadPlan(PAYMENT).hash);
    const text = edit(PAYMENT, 'unit: episode', 'unit: episodes').replaceAll('\n', '\r\n');
    expect(problemsOf(text)).toEqual([expect.objectContaining(positionOf(text, 'episodes'))]);
  });

  it('reads a plan written as JSON', () => {
    expect(loadPlan(JSON.stringify(parse(PAYMENT), undefined, 2)).hash).toBe(loadPlan(PAYMENT).hash);
  });
});

describe('names and values', () => {
  it('refuses a name given twice, at the second', () => {
    const text = edit(PAYMENT, '    within: 10m\n', '    within: 10m\n    within: 20m\n');
    expect(problemsOf(text)).toEqual([
      {
        ...positionOf(text, 'within: 20m'),
        path: 'handoffs[0].within',
        message: "'within' is here twice. Keep one of them.",
      },
    ]);
  });

  it.each(['1: x', 'true: x', '? [a, b]\n: x', '__proto__: x', '"__proto__": { polluted: true }'])(
    'refuses %j as a name',
    (line) => {
      const text = `${PAYMENT}${line}\n`;
      expect(problemsOf(text)).toEqual([
        expect.objectContaining({ message: expect.stringContaining('Write a name') as string }),
      ]);
      expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
    },
  );

  it('refuses tags and merge keys, and says what to use instead', () => {
    const tagged = edit(PAYMENT, 'within: 10m', 'within: !duration 10m');
    expect(problemsOf(tagged)).toEqual([
      {
        ...positionOf(tagged, '10m'),
        path: 'handoffs[0].within',
        message: expect.stringContaining('Leave out the tag') as string,
      },
    ]);
    const merged = edit(PAYMENT, '  - type: patient.withdrew\n', '  - type: patient.withdrew\n    <<: { data: {} }\n');
    expect(problemsOf(merged)).toEqual([
      {
        ...positionOf(merged, '<<'),
        path: 'events[3]',
        message: expect.stringContaining('Write the fields out') as string,
      },
    ]);
  });
});

describe('anchors and aliases', () => {
  it('may repeat a value, and do not change what the plan says', () => {
    const text = edit(
      edit(
        PAYMENT,
        'goNoGo: { count: 2, roles: [release-manager, clinical-lead], fourEyes: true, escalateAfter: 24h }',
        'goNoGo: &two { count: 2, roles: [release-manager, clinical-lead], fourEyes: true, escalateAfter: 24h }',
      ),
      'commit: { count: 2, roles: [release-manager, clinical-lead], fourEyes: true }',
      'commit: *two',
    );
    expect(loadPlan(text).hash).toBe(loadPlan(PAYMENT).hash);
  });

  it('are pointed into: the problem is where the value is written', () => {
    const text = edit(
      PAYMENT,
      'unless: [payment.refunded, patient.withdrew]\n    severity: access',
      'unless: &gone [payment.refunded, patient.lost]\n    severity: access',
    );
    const aliased = edit(
      text,
      'unless: [payment.refunded, patient.withdrew]\n    severity: experience',
      'unless: *gone\n    severity: experience',
    );
    const at = positionOf(aliased, 'patient.lost');
    expect(problemsOf(aliased)).toEqual([
      expect.objectContaining({ ...at, path: 'handoffs[0].unless[1]' }),
      expect.objectContaining({ ...at, path: 'handoffs[1].unless[1]' }),
    ]);
  });

  it('must exist, come first, and not hold themselves', () => {
    const unknown = edit(PAYMENT, 'when: { state: [CO, OR] }', 'when: *nothing');
    expect(problemsOf(unknown)).toEqual([
      {
        ...positionOf(unknown, '*nothing'),
        path: 'phases[0].cohorts[0].when',
        message: "There is no anchor '&' of this name before here: 'nothing'.",
      },
    ]);
    const endless = edit(PAYMENT, 'when: { state: [CO, OR] }', 'when: &when { state: *when }');
    expect(problemsOf(endless)).toEqual([
      {
        ...positionOf(endless, '*when'),
        path: 'phases[0].cohorts[0].when.state',
        message: 'An alias may not stand inside the value that it repeats.',
      },
    ]);
  });

  it('that would grow without bound are refused at once, whatever they multiply', () => {
    const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]'];
    for (let level = 1; level < 40; level += 1)
      lines.push(
        `a${level}: &a${level} [${Array<string>(10)
          .fill(`*a${level - 1}`)
          .join(', ')}]`,
      );
    const started = process.cpuUsage();
    const problems = problemsOf(`apiVersion: warm-handoff/v1\n${lines.join('\n')}\nphases: *a39\n`);
    expect(problems).toContainEqual(
      expect.objectContaining({ message: expect.stringContaining('Aliases repeat more than') as string }),
    );
    expect(cpuSince(started)).toBeLessThan(5_000);
  });
});

describe('a text made to cost', () => {
  const hostile: [string, string][] = [
    ['more than 1 MiB', `title: ${'x'.repeat(TEXT_LIMITS.bytes)}`],
    ['more than 1 MiB of characters of several bytes', `title: ${'é'.repeat(TEXT_LIMITS.bytes / 2)}`],
    ['ten megabytes of a plan', `${PAYMENT}${'# a comment\n'.repeat(850_000)}`],
    ['a million open brackets', '['.repeat(1_000_000)],
    ['twenty thousand lists in each other', `a: ${'['.repeat(20_000)}${']'.repeat(20_000)}`],
    ['a list in a list, by dashes', `${'- '.repeat(30_000)}a`],
    ['a hundred thousand names', Array.from({ length: 100_000 }, (_, index) => `k${index}: 1`).join('\n')],
    ['half a million values', `a: [${'b,'.repeat(500_000)}]`],
    ['a million quotes', "'".repeat(1_000_000)],
    ['a hundred thousand errors', 'a: [1\n'.repeat(100_000)],
    ['three hundred thousand anchors', '&a '.repeat(300_000)],
    ['half a million question marks', '? '.repeat(500_000)],
  ];

  it.each(hostile)('is refused soon: %s', (_, text) => {
    const started = process.cpuUsage();
    expect(problemsOf(text).length).toBeGreaterThan(0);
    expect(cpuSince(started)).toBeLessThan(10_000);
  });

  it('is answered soon where it is a plan, as long as plans may be, with every name a near miss', () => {
    const names = Array.from(
      { length: 200 },
      (_, index) => `a-name-of-something-with-many-letters-${index.toString(36)}`,
    );
    const declared = (name: string): string => `${name}-x`;
    const handoffs = names.map((name) => {
      const types = `[${names.slice(0, 20).join(', ')}]`;
      return `  - { id: ${name}, phase: p, start: ${name}, end: ${types}, within: 1m, unless: ${types}, severity: money, queue: ${name} }`;
    });
    const text = [
      'apiVersion: warm-handoff/v1',
      'events:',
      ...names.map((name) => `  - type: ${declared(name)}`),
      'queues:',
      ...names.map((name) => `  - { id: ${declared(name)}, owner: o, sla: 1h, path: [Mend it.] }`),
      'handoffs:',
      ...handoffs,
    ].join('\n');
    const started = process.cpuUsage();
    expect(problemsOf(text)).toHaveLength(201);
    expect(cpuSince(started)).toBeLessThan(10_000);
  });

  it('is refused where a list is longer than lists may be, without a word on its entries', () => {
    const owners = Array.from({ length: 201 }, () => '  - { id: release-managers }').join('\n');
    const text = PAYMENT.replace(/^owners:\n(?: .*\n)+/m, `owners:\n${owners}\n`);
    expect(problemsOf(text)).toEqual([
      { ...positionOf(text, 'owners:'), path: 'owners', message: 'Give 200 at most.' },
    ]);
  });

  it('lists two hundred problems at most, and counts the rest', () => {
    const text = `apiVersion: warm-handoff/v1\n${Array.from({ length: 1_000 }, (_, index) => `name${index}: 1`).join('\n')}`;
    const problems = problemsOf(text);
    expect(problems).toHaveLength(201);
    expect(problems.at(-1)?.message).toBe('And 810 more. Mend those above first.');
  });
});

/** Milliseconds of this process's own work: a busy machine must not fail a test. */
function cpuSince(start: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1_000;
}
