/** The part of a JSON Schema that a reference of the fields is made from. */
export interface SchemaNode {
  type?: string;
  properties?: Record<string, SchemaNode>;
  required?: string[];
  items?: SchemaNode;
  additionalProperties?: SchemaNode | boolean;
  anyOf?: SchemaNode[];
  oneOf?: SchemaNode[];
  enum?: unknown[];
  const?: unknown;
  description?: string;
  default?: unknown;
}

/** Fields that are described once, in a table of their own. */
const APPROVALS = ['goNoGo', 'goOn', 'commit', 'approval'];

/** The Markdown table of every field under a node: its name, whether it is needed, its meaning and choices. */
export function referenceTable(node: SchemaNode): string {
  const rows = rowsOf(node, '', '').map(
    ({ name, needed, meaning }) => `| ${name.replace('`[].', '`')} | ${needed} | ${meaning} |`,
  );
  return ['| field | needed | meaning |', '| --- | --- | --- |', ...rows].join('\n');
}

interface Row {
  name: string;
  needed: string;
  meaning: string;
}

function rowsOf(node: SchemaNode, path: string, suffix: string): Row[] {
  const { properties, required = [], items, additionalProperties } = node;
  const named = Object.entries(properties ?? {}).flatMap(([name, property]) => {
    if (name === 'kind' && property.const !== undefined) return [];
    const at = path === '' ? name : `${path}.${name}`;
    const row = {
      name: `\`${at}\`${suffix}`,
      needed: neededOf(property, required.includes(name)),
      meaning: meaningOf(property),
    };
    return [row, ...(APPROVALS.includes(name) ? [] : rowsOf(property, at, suffix))];
  });
  const listed = items === undefined ? [] : rowsOf(items, `${path}[]`, suffix);
  const open = typeof additionalProperties === 'object' ? rowsOf(additionalProperties, `${path}.<name>`, suffix) : [];
  // The first row of a name stands for it in every option that says the same of it.
  const seen = new Set<string>();
  const options = [...(node.anyOf ?? []), ...(node.oneOf ?? [])]
    .flatMap((option) =>
      rowsOf(option, path, kindOf(option) === undefined ? suffix : `${suffix} (${String(kindOf(option))})`),
    )
    .filter(({ name }) => seen.size !== seen.add(name).size);
  return [...named, ...listed, ...open, ...options];
}

function neededOf(node: SchemaNode, required: boolean): string {
  if (required) return 'yes';
  if (node.default === undefined) return 'no';
  const text = JSON.stringify(node.default).replaceAll('"', '').replaceAll(',', ', ');
  return text === '{}' || text === '[]' ? 'no' : `\`${text}\``;
}

function meaningOf(node: SchemaNode): string {
  const values = node.enum ?? node.items?.enum ?? kindsOf(node);
  const choices =
    values === undefined || values.length > 8
      ? ''
      : ` One of ${values.map((value) => `\`${String(value)}\``).join(', ')}.`;
  return `${node.description ?? ''}${choices}`.trim();
}

function kindsOf(node: SchemaNode): unknown[] | undefined {
  const kinds = (node.oneOf ?? node.anyOf)?.map(kindOf);
  return kinds === undefined || kinds.includes(undefined) ? undefined : kinds;
}

function kindOf(option: SchemaNode): unknown {
  return option.properties?.['kind']?.const;
}
