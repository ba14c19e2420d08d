import Ajv from 'ajv';
import { excerpt } from '../../../cli/plan/excerpt';
import { explainCode, explainScreen } from '../../../cli/plan/explain-code';
import { githubCommands } from '../../../cli/plan/github-commands';
import { lintPlan } from '../../../cli/plan/lint-plan';
import { lintScreen } from '../../../cli/plan/lint-screen';
import { sarifLog } from '../../../cli/plan/sarif-log';
import { LINT_CODES, lintEntry } from '../../../domain/plan/lint/lint-catalogue';
import { edit, PAYMENT, positionOf, TELEHEALTH } from './plan-texts';
import { SARIF_STRUCTURE } from './sarif-structure';

const BAD = edit(edit(PAYMENT, 'unit: episode', 'unit: epsiode'), 'within: 5m', 'within: 60s');
const { result } = lintPlan(BAD, 0);

describe('what lint finds, for people', () => {
  it('is said as compilers say it, in the order of the lines, with the line and what is meant underlined', () => {
    const within = positionOf(BAD, '60s\n    unless');
    const unit = positionOf(BAD, 'epsiode');
    const lines = lintScreen('cutover.yaml', result, BAD).split('\n');
    expect(lines.slice(0, 3)).toEqual([
      `cutover.yaml:${within.line}:${within.column}: warning: WH403  handoffs[1].within  ${result.warnings[0]?.message ?? ''}`,
      `   ${within.line} |     within: 60s`,
      '       |             ^^^',
    ]);
    expect(lines.slice(3, 6)).toEqual([
      `cutover.yaml:${unit.line}:${unit.column}: error: WH104  phases[0].unit  Write one of visitor, episode, subscription, patient, login. Did you mean 'episode'?`,
      `   ${unit.line} |     unit: epsiode`,
      '       |           ^^^^^^^',
    ]);
    expect(lines.slice(6)).toEqual([
      "1 error, 1 warning. 'handoff plan explain WH104' says why it matters and what to write.",
    ]);
  });

  it('explains at its end the error that is found most often', () => {
    const more = edit(edit(BAD, 'share: 10%', 'share: tenth'), 'share: 25%', 'share: quarter');
    expect(lintScreen('a', lintPlan(more, 0).result, more)).toMatch(/explain WH107' says why it matters[^\n]*$/);
    const warned = edit(PAYMENT, 'within: 5m', 'within: 60s');
    expect(lintScreen('a', lintPlan(warned, 0).result, warned)).toMatch(/^1 warning\. 'handoff plan explain WH403'/m);
  });

  it('shows of a long line what is meant and what stands around it, and never a control character', () => {
    const long = `${'a'.repeat(300)}HERE${'b'.repeat(300)}`;
    const [shown = '', marks = ''] = excerpt([long], { line: 1, column: 301, endColumn: 305 });
    expect(shown.length).toBeLessThan(130);
    expect(shown.slice(marks.indexOf('^'), marks.lastIndexOf('^') + 1)).toBe('HERE');
    const [line] = excerpt(['a\u001b[31m\tb'], { line: 1, column: 2, endColumn: 3 });
    expect(line).toBe('     1 | a [31m b');
    expect(excerpt(['ab'], { line: 1, column: 3, endColumn: 4 })).toEqual(['     1 | ab', '       |   ^']);
  });
});

describe('what lint finds, for pull requests', () => {
  it('is a workflow command a finding, which nothing in a plan or a file name can break out of', () => {
    const [warning, error] = githubCommands('plans/50%,a:b\n.yaml', result).split('\n');
    const { line, column } = positionOf(BAD, 'epsiode');
    expect(error).toBe(
      `::error file=plans/50%25%2Ca%3Ab%0A.yaml,line=${line},endLine=${line},col=${column},endColumn=${column + 7},title=WH104%3A Not one of the choices::phases[0].unit: Write one of visitor, episode, subscription, patient, login. Did you mean 'episode'?`,
    );
    expect(warning).toMatch(/^::warning file=.*,title=WH403%3A Known only long after its deadline::handoffs\[1\]/);
    expect(githubCommands('a', lintPlan(PAYMENT, 0).result)).toBe('');
  });
});

describe('what a good plan declares and nobody acts on', () => {
  const good = lintPlan(TELEHEALTH, 0).result;
  const declared = good.ok ? good.notCarriedOut : [];

  it('is a notice of each part for a pull request, and no failure', () => {
    const notices = githubCommands('a', good)
      .split('\n')
      .filter((line) => line.startsWith('::notice '));
    expect(declared.length).toBeGreaterThan(5);
    expect(notices).toHaveLength(declared.length);
    for (const { code, line } of declared)
      expect(notices).toContainEqual(expect.stringMatching(new RegExp(`line=${line},.*title=${code}%3A `)) as string);
  });

  it('is a note of each part in SARIF', () => {
    const notes = sarifLog('a', good).runs[0].results.filter(({ level }) => level === 'note');
    expect(notes.map(({ ruleId, message }) => [ruleId, message.text])).toEqual(
      declared.map(({ code, message }) => [code, message]),
    );
  });
});

describe('what lint finds, as SARIF 2.1.0', () => {
  const validate = new Ajv({ allErrors: true }).compile(SARIF_STRUCTURE);

  it('has the structure that the format asks for, of a bad plan, a good one and one that is no YAML', () => {
    for (const text of [BAD, PAYMENT, TELEHEALTH, 'a: [']) {
      validate(JSON.parse(JSON.stringify(sarifLog('plans/cut over.yaml', lintPlan(text, 0).result))));
      expect(validate.errors).toBeNull();
    }
  });

  it('names each finding by its code, at its place, with a rule that explains it', () => {
    const log = sarifLog('plans/cut over.yaml', result);
    const [run] = log.runs;
    const { line, column } = positionOf(BAD, 'epsiode');
    expect(run.results).toHaveLength(2);
    expect(run.results[1]).toEqual({
      ruleId: 'WH104',
      ruleIndex: LINT_CODES.indexOf('WH104'),
      level: 'error',
      message: { text: result.problems[0]?.message },
      locations: [
        {
          physicalLocation: {
            artifactLocation: { uri: 'plans/cut%20over.yaml' },
            region: { startLine: line, startColumn: column, endColumn: column + 7 },
          },
          logicalLocations: [{ fullyQualifiedName: 'phases[0].unit' }],
        },
      ],
    });
    for (const { ruleId, ruleIndex } of run.results) expect(run.tool.driver.rules[ruleIndex]?.id).toBe(ruleId);
    expect(sarifLog('/a b.yaml', result).runs[0].results[0]?.locations[0].physicalLocation.artifactLocation.uri).toBe(
      'file:///a%20b.yaml',
    );
  });
});

describe('handoff plan explain', () => {
  it.each(LINT_CODES)('says of %s why it matters and what to write', (code) => {
    const screen = explainScreen(explainCode(code.toLowerCase()));
    const { title, why, bad, good } = lintEntry(code);
    expect(screen).toContain(`${code}  ${lintEntry(code).severity}  ${title}\n\n${why}\n`);
    for (const line of `${bad}\n${good}`.split('\n')) expect(screen).toContain(`    ${line}\n`);
    expect(screen).toMatch(/waive/);
  });

  it('lists the codes there are where it is asked for another, and says which one was meant', () => {
    let failure: unknown;
    try {
      explainCode('WH52');
    } catch (error) {
      failure = error;
    }
    expect(failure).toMatchObject({
      code: 'no-such-code',
      exitCode: 3,
      message: expect.stringMatching(
        /^Lint has no code of this name\. Did you mean 'WH(\d52|52\d)'\? It has:$/,
      ) as string,
    });
    expect((failure as { problems: string[] }).problems.join(' ').split(' ')).toEqual(LINT_CODES);
  });
});
