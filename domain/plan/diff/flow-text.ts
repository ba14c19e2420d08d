/** A value on one line, as YAML takes it: `{ share: 25%, watch: 1d }`, `[engineer, clinical-lead]`. */
export function flowText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(flowText).join(', ')}]`;
  if (typeof value === 'object' && value !== null) {
    const properties = Object.entries(value)
      .filter(([, inner]) => inner !== undefined)
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([name, inner]) => `${name}: ${flowText(inner)}`);
    return properties.length === 0 ? '{}' : `{ ${properties.join(', ')} }`;
  }
  return String(value);
}
