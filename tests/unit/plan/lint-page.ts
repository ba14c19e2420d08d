import { LINT_CODES, lintEntry, type LintCode } from '../../../domain/plan/lint/lint-catalogue';

/** What the codes of one digit are about. */
const GROUPS: Readonly<Record<string, string>> = {
  WH0: 'The text',
  WH1: 'Fields and values',
  WH2: 'Names',
  WH3: 'The stack map and who owns what',
  WH4: 'Handoffs and events',
  WH5: 'Phases, ramps and people on their way',
  WH6: 'Gates, rollback rules and approvals',
  WH7: 'Queues and people',
  WH8: 'What a plan declares and this release does not act on',
  WH9: 'Waivers',
};

/** docs/plan-lint.md, from the catalogue. */
export function lintPage(): string {
  const groups = Object.entries(GROUPS).map(([group, title]) => {
    const codes = LINT_CODES.filter((code) => code.startsWith(group));
    return [`## ${group}xx: ${title}`, '', ...tableOf(codes), ...codes.flatMap(sectionOf)].join('\n');
  });
  return `${[HEAD, ...groups].join('\n\n')}\n`;
}

const HEAD = `# What lint finds

<!-- Written by tests/unit/plan/lint-page.test.ts from the catalogue in domain/plan/lint. -->

\`handoff plan lint cutover.yaml\` lists everything that is wrong with a plan at once, each finding with a code. A code never changes its meaning. An **error** stops a plan: nothing is started
from it. A **warning** deserves a look and stops nothing. \`handoff plan explain WH525\` prints an entry of this page.`;

function tableOf(codes: readonly LintCode[]): string[] {
  const rows = codes.map((code) => {
    const { severity, title, waivable } = lintEntry(code);
    return `| [${code}](#${code.toLowerCase()}) | ${severity} | ${escaped(title)} | ${waivable === true ? 'yes' : 'no'} |`;
  });
  return ['| code | severity | what is wrong | may be waived |', '| --- | --- | --- | --- |', ...rows];
}

function sectionOf(code: LintCode): string[] {
  const { title, why, bad, good } = lintEntry(code);
  return [
    '',
    `### ${code}`,
    '',
    `**${escaped(title)}.** ${escaped(why)}`,
    '',
    ...example('Not so:', bad),
    '',
    ...example('Write:', good),
  ];
}

function example(title: string, yaml: string): string[] {
  return [title, '', '```yaml', yaml.replaceAll('\t', '→'), '```'];
}

/** Markdown would read a tag in it. */
function escaped(text: string): string {
  return text.replaceAll('<', '\\<');
}
