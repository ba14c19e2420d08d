export type Milliseconds = number;

const UNITS: Record<string, Milliseconds> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

/** `90s`, `10m`, `24h`, `3d`, `2w` and sums of them such as `1d 12h`, in milliseconds; undefined where the text is not a duration. */
export function parseDuration(text: string): Milliseconds | undefined {
  const parts = text.trim().split(/\s+/);
  let total = 0;
  for (const part of parts) {
    const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d|w)$/.exec(part);
    const factor = match?.[2] === undefined ? undefined : UNITS[match[2]];
    if (match?.[1] === undefined || factor === undefined) return undefined;
    total += Number(match[1]) * factor;
  }
  return Math.round(total);
}

/** The shortest exact text of a duration, in the units a plan uses: 5400000 is `1h 30m`. */
export function formatDuration(milliseconds: Milliseconds): string {
  if (milliseconds < 1_000) return `${Math.round(milliseconds)}ms`;
  let rest = Math.round(milliseconds / 1_000) * 1_000;
  const parts: string[] = [];
  for (const unit of ['d', 'h', 'm', 's'] as const) {
    const factor = UNITS[unit] ?? 1;
    const count = Math.floor(rest / factor);
    if (count > 0) parts.push(`${count}${unit}`);
    rest -= count * factor;
  }
  return parts.slice(0, 2).join(' ');
}
