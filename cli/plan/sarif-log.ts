import { isAbsolute } from 'node:path';
import { pathToFileURL } from 'node:url';
import { LINT_CODES, lintEntry, type LintCode } from '../../domain/plan/lint/lint-catalogue';
import type { PlanProblem, WaivedProblem } from '../../domain/plan/plan-problem';
import { declaredOnly, findingsOf, type LintResult } from './lint-plan';

/** The part of SARIF that a lint's result needs. */
export interface SarifLog {
  $schema: string;
  version: '2.1.0';
  runs: [
    {
      tool: { driver: { name: string; rules: SarifRule[] } };
      columnKind: 'utf16CodeUnits';
      results: SarifResult[];
    },
  ];
}

interface SarifRule {
  id: LintCode;
  shortDescription: { text: string };
  fullDescription: { text: string };
  help: { text: string; markdown: string };
  defaultConfiguration: { level: 'error' | 'warning' };
}

interface SarifResult {
  ruleId: LintCode;
  ruleIndex: number;
  level: 'error' | 'warning' | 'note';
  message: { text: string };
  locations: [
    {
      physicalLocation: {
        artifactLocation: { uri: string };
        region: { startLine: number; startColumn: number; endColumn: number };
      };
      logicalLocations?: [{ fullyQualifiedName: string }];
    },
  ];
  /** Of what the plan waives. */
  suppressions?: [{ kind: 'inSource'; status: 'accepted'; justification: string }];
}

/** A lint's result in SARIF 2.1.0, for whatever collects the findings of many tools. */
export function sarifLog(file: string, result: LintResult): SarifLog {
  const uri = uriOf(file);
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: 'warm-handoff', rules: LINT_CODES.map(ruleOf) } },
        columnKind: 'utf16CodeUnits',
        results: [
          ...findingsOf(result).map((finding) => resultOf(finding, uri)),
          ...declaredOnly(result).map((part) => ({ ...resultOf(part, uri), level: 'note' as const })),
        ],
      },
    ],
  };
}

function ruleOf(code: LintCode): SarifRule {
  const { title, why, bad, good, severity } = lintEntry(code);
  return {
    id: code,
    shortDescription: { text: `${title}.` },
    fullDescription: { text: why },
    help: {
      text: `${why}\n\nNot so:\n${bad}\n\nWrite:\n${good}`,
      markdown: `${why}\n\nNot so:\n\n\`\`\`yaml\n${bad}\n\`\`\`\n\nWrite:\n\n\`\`\`yaml\n${good}\n\`\`\``,
    },
    defaultConfiguration: { level: severity },
  };
}

function resultOf(finding: PlanProblem | WaivedProblem, uri: string): SarifResult {
  const { code, message, line, column, endColumn, path } = finding;
  return {
    ruleId: code,
    ruleIndex: LINT_CODES.indexOf(code),
    level: lintEntry(code).severity,
    message: { text: message },
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri },
          region: { startLine: line, startColumn: column, endColumn },
        },
        ...(path !== '' && { logicalLocations: [{ fullyQualifiedName: path }] }),
      },
    ],
    ...(finding.severity === 'waived' && {
      suppressions: [{ kind: 'inSource', status: 'accepted', justification: finding.waiver.reason }],
    }),
  };
}

/** Relative where the path is, so that the log is of use in another checkout. */
function uriOf(file: string): string {
  if (isAbsolute(file)) return pathToFileURL(file).href;
  return file.replaceAll('\\', '/').split('/').map(encodeURIComponent).join('/');
}
