import { z } from 'zod';
import { builtInGate } from '../journey-kinds/built-in-gates';
import { isLintCode, type LintCode } from './lint/lint-catalogue';
import { closestName, didYouMean } from './closest-name';
import { unreachable } from '../unreachable';
import { quoteName, type Finding, type PlanPath } from './plan-problem';
import { UNREADABLE } from './yaml-nodes';
import { bare, everyNameOf, isMapOfNames, namesOf, optionFor, walk } from './schema-walk';

/** At most this many names are listed in a message. */
const LISTED = 16;

/**
 * The message for what a schema expected, where the schema has none of its own. Given to zod as its error map, so that schemas speak
 * first.
 */
export function expectation(issue: z.core.$ZodRawIssue): string | undefined {
  switch (issue.code) {
    case 'invalid_type':
      if ((issue.expected === 'number' || issue.expected === 'int') && isTextWithNumber(issue.input)) {
        return `${KINDS[issue.expected]} It stands alone, without quotes, '%' or anything else beside it.`;
      }
      return KINDS[issue.expected] ?? 'Write another kind of value here.';
    case 'too_small':
      if (issue.origin === 'array')
        return issue.minimum === 1 ? 'Give at least one.' : `Give at least ${issue.minimum}.`;
      return issue.origin === 'string' ? 'Write some text here.' : `Write ${issue.minimum} or more.`;
    case 'too_big':
      if (issue.origin === 'array') return `Give ${issue.maximum} at most.`;
      return issue.origin === 'string'
        ? `Write ${issue.maximum} characters at most.`
        : `Write ${issue.maximum} at most.`;
    case 'invalid_value':
      return oneOf(issue.values, issue.input);
    case 'invalid_format':
    case 'not_multiple_of':
    case 'unrecognized_keys':
    case 'invalid_union':
    case 'invalid_key':
    case 'invalid_element':
    case 'custom':
      return undefined;
  }
}

const KINDS: Record<string, string | undefined> = {
  array: "Write a list here: lines that start with '- ', or values in brackets.",
  boolean: 'Write true or false.',
  int: 'Write a whole number.',
  number: 'Write a number.',
  object: "Write fields here, each as 'name: value'.",
  record: "Write fields here, each as 'name: value'.",
  string: 'Write text here; put it in quotes if it reads as a number, a date, true or false.',
};

function isTextWithNumber(input: unknown): boolean {
  return typeof input === 'string' && /\d/.test(input);
}

function oneOf(values: readonly unknown[], input: unknown): string {
  const names = values.map(String);
  if (names.length === 1) return `Write ${quoteName(names[0] ?? '')}.`;
  return `Write one of ${listed(names)}.${typeof input === 'string' ? didYouMean(input, names) : ''}`;
}

function listed(names: readonly string[]): string {
  return names.length > LISTED ? `${names.slice(0, LISTED).join(', ')}, ...` : names.join(', ');
}

/** What zod found wrong with a value, as findings that say what to write. `schema` and `value` are those of the whole plan. */
export function explainIssue(
  issue: z.core.$ZodIssue,
  schema: z.core.$ZodType,
  value: unknown,
  from: PlanPath = [],
): Finding[] {
  const path = [...from, ...(issue.path as PlanPath)];
  const found = walk(schema, value, path);
  // The reader has said so already.
  if (found.value === UNREADABLE) return [];
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((name) => ({
        code: 'WH101',
        path: [...path, name],
        atName: true,
        message: () => unknownName(name, namesOf(found.schema, found.value), everyNameOf(found.schema)),
      }));
    case 'invalid_key':
      return [{ code: 'WH110', path, atName: true, message: issue.issues[0]?.message ?? 'Choose another name.' }];
    case 'invalid_union':
      if (issue.discriminator !== undefined)
        return [
          {
            code: found.value === undefined ? 'WH102' : 'WH104',
            path,
            message: unknownOption(issue, found.value),
          },
        ];
      if (found.value === undefined) break;
      return issuesOfOption(issue.errors, found).flatMap((inner) => explainIssue(inner, schema, value, path));
    case 'invalid_type':
    case 'invalid_value':
    case 'invalid_format':
    case 'invalid_element':
    case 'not_multiple_of':
    case 'too_big':
    case 'too_small':
    case 'custom':
  }
  if (found.value !== undefined) return [{ code: codeOf(issue), path, message: issue.message }];
  const name = String(path.at(-1) ?? '');
  const parent = walk(schema, value, path.slice(0, -1));
  return isMistyped(name, parent) || comesWithItsName(name, parent)
    ? []
    : [{ code: 'WH102', path, message: missing(name, found.schema) }];
}

/** What a schema found, as a code. A check of the schema's own says which, as `lintAs`. */
function codeOf(issue: z.core.$ZodIssue): LintCode {
  switch (issue.code) {
    case 'invalid_type':
    case 'invalid_union':
    case 'invalid_element':
      return 'WH103';
    case 'invalid_value':
      return 'WH104';
    case 'too_small':
      return 'WH105';
    case 'too_big':
      return 'WH106';
    case 'unrecognized_keys':
      return 'WH101';
    case 'invalid_key':
      return 'WH110';
    case 'invalid_format':
    case 'not_multiple_of':
      return 'WH107';
    case 'custom': {
      const said: unknown = issue.params?.['lint'];
      return isLintCode(said) ? said : 'WH107';
    }
    default:
      return unreachable(issue);
  }
}

/** Whether a name that is missing is there with a slip in it: whoever mends the slip has no second problem. */
function isMistyped(name: string, parent: ReturnType<typeof walk>): boolean {
  const known = namesOf(parent.schema, parent.value);
  if (known === undefined || !isMapOfNames(parent.value)) return false;
  const unknown = Object.keys(parent.value).filter((written) => !known.includes(written));
  return unknown.slice(0, LISTED).some((written) => closestName(written, known) === name);
}

/** Whether what is missing of a gate comes with its name, which is one that is not known: whoever mends the name has no second problem. */
function comesWithItsName(name: string, { schema, value }: ReturnType<typeof walk>): boolean {
  return (
    name !== 'builtIn' &&
    isMapOfNames(value) &&
    Object.hasOwn(value, 'builtIn') &&
    namesOf(schema, value)?.includes('builtIn') === true &&
    builtInGate(value['builtIn']) === undefined
  );
}

function unknownOption(issue: z.core.$ZodIssueInvalidUnion, said: unknown): string {
  const options = 'options' in issue ? (issue.options ?? []) : [];
  return said === undefined
    ? `Add ${quoteName(issue.discriminator ?? 'kind')}. ${oneOf(options, said)}`
    : oneOf(options, said);
}

/** What speaks against the one option of a union that the value was meant for; the other options' complaints are a wall. */
function issuesOfOption(
  errors: readonly z.core.$ZodIssue[][],
  found: ReturnType<typeof walk>,
): readonly z.core.$ZodIssue[] {
  const union = found.schema && bare(found.schema);
  if (!(union instanceof z.ZodUnion)) return errors[0] ?? [];
  const option = optionFor(union, found.value);
  return errors[option === undefined ? 0 : union.options.indexOf(option)] ?? [];
}

function unknownName(name: string, known: readonly string[] | undefined, ofAnyOption: readonly string[]): string {
  if (known === undefined) return `${quoteName(name)} does not belong here. Remove it.`;
  const meant = ofAnyOption.includes(name) ? '' : didYouMean(name, ofAnyOption);
  return `${quoteName(name)} does not belong here.${meant === '' ? ` What may stand here: ${listed(known)}.` : meant}`;
}

/** Names what is missing, and says what it is in the schema's own words. */
function missing(name: string, schema: z.core.$ZodType | undefined): string {
  const description = schema === undefined ? undefined : describe(schema);
  return `Add ${quoteName(name)}.${description === undefined ? '' : ` ${description}`}`;
}

function describe(schema: z.core.$ZodType): string | undefined {
  return z.globalRegistry.get(schema)?.description;
}
