import { parseTimestamp } from '../events/rfc3339';
import type { Fields } from '../handoffs/failed-condition';
import type { HandoffRule } from '../handoffs/handoff-rule';
import type { HandoffCondition, Plan } from '../plan/plan-schema';

/** What a plan asks of ends and a log cannot say, since it never has the field: every end would be wrong. */
export interface NotAsked {
  handoff: string;
  /** Id of the condition; null for the ends that there must be for each code. */
  condition: string | null;
}

/** Which fields the events of a log have. */
export class LogFields {
  private readonly timestamps = new Set<string>();
  private readonly seen = new Set<string>();

  constructor(events: Plan['events']) {
    for (const { type, data } of events) {
      for (const [name, { kind }] of Object.entries(data)) {
        if (kind === 'timestamp') this.timestamps.add(`${type} ${name}`);
      }
    }
  }

  /** An event's fields as the live system stores them: times in UTC. */
  read(type: string, data: Fields): Fields {
    const read: Record<string, Fields[string]> = {};
    for (const [name, value] of Object.entries(data)) {
      const field = `${type} ${name}`;
      const time = this.timestamps.has(field) && typeof value === 'string' ? parseTimestamp(value) : undefined;
      read[name] = time === undefined ? value : new Date(time).toISOString();
      this.seen.add(field);
    }
    return read;
  }

  /** The rules without what the log cannot say, and what that is. */
  judged(rules: readonly HandoffRule[]): { rules: HandoffRule[]; notAsked: NotAsked[] } {
    const notAsked: NotAsked[] = [];
    const judged = rules.map((rule): HandoffRule => {
      const { must = [], forEach, ...rest } = rule;
      const asked = must.filter((condition) => this.says(rule, condition));
      for (const { id } of must) {
        if (!asked.some((condition) => condition.id === id)) notAsked.push({ handoff: rule.id, condition: id });
      }
      const each = forEach !== undefined && this.has(rule.ends, forEach.field);
      if (forEach !== undefined && !each) notAsked.push({ handoff: rule.id, condition: null });
      return { ...rest, must: asked, ...(each && { forEach }) };
    });
    return { rules: judged, notAsked };
  }

  private says({ start, ends }: HandoffRule, condition: HandoffCondition): boolean {
    const about = condition.end === undefined ? ends : [condition.end];
    if (!this.has(about, condition.field)) return false;
    return !('equalsStart' in condition) || this.has([start], condition.equalsStart);
  }

  private has(types: Iterable<string>, field: string): boolean {
    return [...types].some((type) => this.seen.has(`${type} ${field}`));
  }
}
