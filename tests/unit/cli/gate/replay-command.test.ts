import { EXIT } from '../../../../cli/exit-codes';
import { beginSequential, judgeSequential, takeSequential } from '../../../../domain/gates/sequential/outcome-gate';
import { sequentialRuleOf } from '../../../../domain/gates/sequential/rule-of-plan';
import { edit, PAYMENT } from '../../plan/plan-texts';
import { drawOutcomes, randomOf } from '../../gates/sequential/simulated';
import { runGate, type Ran } from './run-gate';

interface Side {
  n: number;
  kept: number;
}

interface Verdict {
  run: string;
  t: string;
  verdict: string;
  eValue: number | null;
  evidence: string | null;
  exposed: number;
  message: string;
}

const moment = (minute: number): string => new Date(Date.UTC(2027, 1, 2) + minute * 60_000).toISOString();
const line = (run: string, minute: number, target: Side, legacy: Side = { n: 0, kept: 0 }): string =>
  JSON.stringify({ run, t: moment(minute), legacy, target });
const side = (n: number, kept: number): Side => ({ n, kept });
const verdicts = ({ stdout }: Ran): Verdict[] =>
  stdout
    .split('\n')
    .filter((text) => text !== '')
    .map((text) => JSON.parse(text) as Verdict);

const COUNTED = edit(
  PAYMENT,
  'rule: { kind: floor, atLeast: 85%, minimumOutcomes: 20 }',
  'rule: { kind: zeroTolerance, missed: 2, minimumOutcomes: 4 }',
);

async function replay(gate: string, lines: readonly string[], plan = PAYMENT, ...more: string[]): Promise<Ran> {
  return runGate(['replay', '--plan', '{plan.yaml}', '--gate', gate, '--stream', '{stream}', ...more], {
    'plan.yaml': plan,
    stream: lines.join('\n'),
  });
}

/** A run whose target keeps so many; the same for the same seed. */
function drawn(run: string, seed: number, rate: number, minutes = 120): string[] {
  const random = randomOf(seed);
  return Array.from({ length: minutes }, (_, minute) => {
    const [target, legacy] = [drawOutcomes(random, 1, rate), drawOutcomes(random, 2, 0.95)];
    return line(run, minute, side(1, target.kept), side(2, legacy.kept));
  });
}

const COMPARED = 'rule: { kind: comparison, margin: 10%, minimumOutcomes: 30 }';

describe('handoff gate replay', () => {
  it('crosses a floor by the e-value that its formula gives by hand', async () => {
    // Of rates of missed .142, .198, .451 and .909 in place of the 10% of the floor, three missed at once; a reserve of .4.
    const ran = await replay('routing-floor', [line('a', 0, side(2, 0)), line('b', 0, side(3, 0))]);
    expect(ran.code).toBe(EXIT.ok);
    const [one, other] = verdicts(ran);
    expect(one).toMatchObject({ run: 'a', verdict: 'insufficient', exposed: 2 });
    expect(one?.eValue).toBeCloseTo(13.845, 2);
    expect(other).toMatchObject({ run: 'b', t: moment(0), verdict: 'limitCrossed', exposed: 3, evidence: '1 in 100' });
    expect(other?.eValue).toBeCloseTo(103.68, 1);
  });

  it('takes the alpha that it is told: what crosses at 5% does not at 0.5%', async () => {
    const ran = await replay('routing-floor', [line('b', 0, side(3, 0))], PAYMENT, '--alpha', '0.005');
    expect(verdicts(ran)).toMatchObject([{ verdict: 'insufficient' }]);
  });

  it('judges a comparison by the margin of the plan, look by look, as the sequential test itself does', async () => {
    const rule = sequentialRuleOf({ kind: 'comparison', margin: 0.1, minimumOutcomes: 30 }, 0.05);
    let state = beginSequential();
    const expected: unknown[] = [];
    let before = '';
    const lines = drawn('a', 11, 0.55, 300);
    for (const text of lines) {
      const { t, target, legacy } = JSON.parse(text) as { t: string; target: Side; legacy: Side };
      const of = ({ n, kept }: Side) => ({ kept, missed: n - kept });
      state = takeSequential(rule, state, { target: of(target), legacy: of(legacy) });
      const { verdict, message, logEvidence } = judgeSequential(rule, state);
      const exposed = state.attempt.target.kept + state.attempt.target.missed;
      if (verdict !== before)
        expected.push(expect.objectContaining({ t, verdict, message, exposed, eValue: Math.exp(logEvidence) }));
      before = verdict;
    }
    const said = verdicts(await replay('routing-against-legacy', lines));
    expect(said).toEqual(expected);
    expect(said.at(-1)?.verdict).toBe('limitCrossed');
  });

  it('passes what is healthy once there are enough outcomes, and says it once', async () => {
    const lines = Array.from({ length: 100 }, (_, minute) => line('a', minute, side(1, 1), side(1, 1)));
    const said = verdicts(await replay('routing-against-legacy', lines));
    expect(said).toMatchObject([
      { verdict: 'insufficient', exposed: 1 },
      { verdict: 'pass', exposed: 30, t: moment(29) },
    ]);
  });

  it('counts cases where the rule is zero tolerance', async () => {
    const lines = [side(1, 0), side(1, 0), side(2, 2), side(1, 0), side(9, 9)].map((target, minute) =>
      line('a', minute, target),
    );
    expect(verdicts(await replay('messages-floor', lines, COUNTED))).toEqual([
      {
        run: 'a',
        t: moment(0),
        verdict: 'insufficient',
        eValue: null,
        evidence: null,
        exposed: 1,
        message: expect.any(String),
      },
      {
        run: 'a',
        t: moment(2),
        verdict: 'pass',
        eValue: null,
        evidence: null,
        exposed: 4,
        message: 'missed 2 <= 2 (n=4)',
      },
      {
        run: 'a',
        t: moment(3),
        verdict: 'limitCrossed',
        eValue: null,
        evidence: null,
        exposed: 5,
        message: 'missed 3 > 2 (n=5)',
      },
    ]);
  });

  it('counts the first so many alone where the rule is about them, and misses first where an interval goes past them', async () => {
    const firsts = COUNTED.replace('missed: 2, minimumOutcomes: 4', 'missed: 0, ofFirst: 4, minimumOutcomes: 4');
    const later = [line('a', 0, side(4, 4)), line('a', 1, side(5, 0))];
    expect(verdicts(await replay('messages-floor', later, firsts))).toMatchObject([
      { verdict: 'pass', exposed: 4, message: 'missed 0 <= 0 (n=4)' },
    ]);
    const across = [line('b', 0, side(3, 3)), line('b', 1, side(5, 4))];
    expect(verdicts(await replay('messages-floor', across, firsts))).toMatchObject([
      { verdict: 'insufficient', exposed: 3 },
      { verdict: 'limitCrossed', exposed: 8, message: 'missed 1 > 0 (n=4)' },
    ]);
  });

  it('keeps runs apart: interleaved they are judged as each alone', async () => {
    const runs = [drawn('a', 1, 0.95), drawn('b', 2, 0.5), drawn('c', 3, 0.1)];
    const interleaved = runs
      .flatMap((lines) => lines.map((text, at) => ({ text, at })))
      .sort((one, other) => one.at - other.at)
      .map(({ text }) => text);
    const together = verdicts(await replay('routing-against-legacy', interleaved));
    const alone = await Promise.all(runs.map(async (lines) => verdicts(await replay('routing-against-legacy', lines))));
    expect(alone.map((said) => said.at(-1)?.verdict)).toEqual(['pass', 'limitCrossed', 'limitCrossed']);
    for (const said of alone) expect(together.filter(({ run }) => run === said[0]?.run)).toEqual(said);
    expect(together).toHaveLength(alone.flat().length);
  });

  it("reads standard input where the stream is '-', in whatever pieces it comes, by any line ending", async () => {
    const bytes = Buffer.from(`\ufeff${line('ä', 0, side(3, 0))}\r\n\r\n${line('ä', 0, side(0, 0))}`);
    const pieces = async function* (): AsyncGenerator<Buffer> {
      for (const byte of bytes) yield await Promise.resolve(Buffer.from([byte]));
    };
    const args = ['replay', '--plan', '{plan.yaml}', '--gate', 'routing-floor', '--stream', '-'];
    const ran = await runGate(args, { 'plan.yaml': PAYMENT }, pieces());
    expect(verdicts(ran)).toMatchObject([{ run: 'ä', verdict: 'limitCrossed' }]);
  });

  const good = { run: 'a', t: moment(1), legacy: side(1, 1), target: side(1, 1) };
  it.each([
    ['no JSON', '{"run":', /is not JSON\. Write one object a line/],
    ['no object', '[1]', /is not a JSON object/],
    ['no run', JSON.stringify({ ...good, run: undefined }), /no 'run' that is text/],
    ['an empty run', JSON.stringify({ ...good, run: '' }), /no 'run' that is text/],
    ['no time', JSON.stringify({ ...good, t: 1 }), /no 't' that is text/],
    [
      'a time without its zone',
      JSON.stringify({ ...good, t: '2027-02-02T00:01:00' }),
      /no time that can be read.*with its zone/,
    ],
    [
      'a time before the last of its run',
      JSON.stringify({ ...good, t: moment(-1) }),
      /goes back in time.*Sort each run/,
    ],
    ['a side left out', JSON.stringify({ ...good, legacy: undefined }), /no 'legacy' that is an object/],
    ['a count below nought', JSON.stringify({ ...good, target: side(-1, 0) }), /no 'target\.n' that is a whole number/],
    [
      'a kept below nought',
      JSON.stringify({ ...good, target: side(1, -1) }),
      /no 'target\.kept' that is a whole number/,
    ],
    [
      'more kept than there were',
      JSON.stringify({ ...good, legacy: side(1, 2) }),
      /more kept than there were on legacy/,
    ],
    ['half a patient', JSON.stringify({ ...good, legacy: side(1.5, 1) }), /no 'legacy\.n' that is a whole number/],
    [
      'a count as text',
      JSON.stringify({ ...good, legacy: { n: '1', kept: 1 } }),
      /no 'legacy\.n' that is a whole number/,
    ],
    [
      'a number that no count is',
      '{"run":"a","t":"2027-02-02T00:01:00Z","legacy":{"n":1e400,"kept":0},"target":{"n":0,"kept":0}}',
      /no 'legacy\.n'/,
    ],
    ['a field that is not known', JSON.stringify({ ...good, cohort: 'x' }), /a field that is not known/],
    [
      'a field of a side that is not known',
      JSON.stringify({ ...good, target: { ...side(1, 1), missed: 0 } }),
      /a field in 'target' that is not known/,
    ],
    ['a line without an end', `{"run":"${'a'.repeat(2 << 20)}`, /is longer than 1 MiB/],
  ])('refuses %s with the line, keeps what was judged before it, and judges nothing after', async (_, bad, fault) => {
    const broken = line('b', 2, side(9, 0));
    const ran = await replay('routing-floor', [line('a', 0, side(1, 1)), '', bad, broken]);
    expect(ran.code).toBe(EXIT.refused);
    expect(ran.stderr).toMatch(/^Line 3 of the stream /);
    expect(ran.stderr).toMatch(fault);
    expect(ran.stderr).toMatch(/Nothing was judged from this line on\.\n$/);
    expect(verdicts(ran)).toMatchObject([{ run: 'a', verdict: 'insufficient', exposed: 1 }]);
  });

  it('quotes nothing of a bad line, and fails in JSON where that is asked', async () => {
    const ran = await replay('routing-floor', ['{"run":"jane@example.org"}'], PAYMENT, '--json');
    expect(ran.stderr).not.toContain('jane');
    expect(JSON.parse(ran.stderr)).toMatchObject({ error: { code: 'bad-stream', exitCode: EXIT.refused } });
  });

  it('lets other runs go on at earlier times', async () => {
    const ran = await replay('routing-floor', [
      line('a', 5, side(1, 1)),
      line('b', 0, side(1, 1)),
      line('a', 5, side(1, 1)),
    ]);
    expect([ran.code, verdicts(ran).length]).toEqual([EXIT.ok, 2]);
  });

  it('refuses an empty stream, one that is not there, and an alpha that is no chance', async () => {
    expect(await replay('routing-floor', ['', ''])).toMatchObject({
      code: EXIT.refused,
      stderr: expect.stringContaining('empty'),
    });
    const args = ['replay', '--plan', '{plan.yaml}', '--gate', 'routing-floor', '--stream', '{nowhere}'];
    expect(await runGate(args, { 'plan.yaml': PAYMENT })).toMatchObject({
      code: EXIT.usage,
      stderr: expect.stringContaining('--stream'),
    });
    expect(await replay('routing-floor', [], PAYMENT, '--alpha', '1')).toMatchObject({ code: EXIT.usage });
  });

  it('names the gates there are, and asks which phase is meant where several have one', async () => {
    const unknown = await replay('routing', [line('a', 0, side(1, 1))]);
    expect(unknown).toMatchObject({
      code: EXIT.refused,
      stderr: expect.stringContaining("'routing-floor', 'routing-against-legacy'"),
    });
    const elsewhere = await replay('routing-floor', [line('a', 0, side(1, 1))], PAYMENT, '--phase', 'intake');
    expect(elsewhere).toMatchObject({ code: EXIT.refused, stderr: expect.stringContaining("It has 'payment'") });
  });

  it('refuses a floor of 100%, which no test knows', async () => {
    const whole = edit(PAYMENT, 'atLeast: 90%', 'atLeast: 100%');
    const ran = await replay('routing-floor', [line('a', 0, side(1, 1))], whole);
    expect(ran).toMatchObject({
      code: EXIT.refused,
      stdout: '',
      stderr: expect.stringContaining('{ kind: zeroTolerance }'),
    });
  });

  it('refuses a ratio, which no stream of kept and missed ones can answer', async () => {
    const ratio = edit(PAYMENT, COMPARED, 'rule: { kind: ratio, event: prescription.sent, times: 1.5 }');
    const ran = await replay('routing-against-legacy', [line('a', 0, side(1, 1))], ratio);
    expect(ran).toMatchObject({
      code: EXIT.refused,
      stdout: '',
      stderr: expect.stringContaining('not which journeys had prescription.sent'),
    });
  });

  it('refuses a rule on how long legacy took, which no count says', async () => {
    const slower = edit(
      PAYMENT,
      'rule: { kind: floor, atLeast: 90%, minimumOutcomes: 20 }',
      'rule: { kind: slowerThanLegacy, margin: 5% }',
    );
    const ran = await replay('routing-floor', [line('a', 0, side(1, 1))], slower);
    expect(ran).toMatchObject({ code: EXIT.refused, stdout: '', stderr: expect.stringContaining('handoff backtest') });
  });
});
