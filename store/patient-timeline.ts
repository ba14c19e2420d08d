import type { Plan } from '../domain/plan/plan-schema';
import type { UnitKind } from '../domain/sides/units';
import type {
  TimelineCase,
  TimelineEntry,
  TimelineEvent,
  TimelineHandoff,
  TimelineId,
  TimelineSide,
} from '../domain/status/patient-timeline';
import { pageOf } from '../domain/timeline/page-of';
import { StageMap } from '../domain/timeline/stage-of-journey';
import type { CrosswalkSecrets } from '../platform/crosswalk-secrets';
import type { Queryable } from './database';
import { BadCursor } from './exception-pages';
import type { PatientKeys } from './patient-keys';

export interface TimelineQuery {
  /** The `next` of the page before. */
  after?: string | undefined;
  limit: number;
}

export interface TimelinePage {
  entries: TimelineEntry[];
  next: string | null;
}

interface Row {
  at: Date;
  key: string;
  kind: TimelineEntry['kind'];
  body: Record<string, unknown>;
  cursor: string;
}

/** What comes before the page before, of one source of entries: so that none is read in full. */
const page = (of: string): string =>
  `(SELECT * FROM (${of}) t (at, key, kind, body) WHERE $4::timestamptz IS NULL OR (t.at, t.key) < ($4::timestamptz, $5::text COLLATE "C") ORDER BY t.at DESC, t.key DESC LIMIT $6)`;

/**
 * Every source of a patient's entries: events by their journeys, sides by their units, handoffs by their journeys and the plan's handoffs, cases by their
 * units, ids by their keys. All by indexes. Keys tell entries of one moment apart, and order them: what is told before what comes of it.
 */
const TIMELINE = `
  SELECT e.at, e.key, e.kind, e.body, (extract(epoch FROM e.at) * 1000000)::bigint || '.' || e.key AS cursor FROM (
    ${[
      `SELECT e.time AS at, 'e' || lpad(e.seq::text, 19, '0') COLLATE "C" AS key, 'event' AS kind,
              jsonb_build_object('type', e.type, 'source', e.source, 'episode', e.journey, 'data', e.data, 'receivedAt', e.received_at) AS body
         FROM event e WHERE e.migration = $1 AND e.journey = ANY ($2)`,
      `SELECT s.at, ('s' || p.phase || '/' || p.unit || '/' || s.change) COLLATE "C", 'side',
              jsonb_build_object('change', s.change, 'phase', p.phase, 'unit', p.unit, 'side', CASE s.change WHEN 'placed' THEN coalesce(p.moved_from, p.side) ELSE p.side END)
         FROM unnest($7::text[]) AS f (phase) JOIN placement p ON p.migration = $1 AND p.phase = f.phase AND p.unit = ANY ($3)
        CROSS JOIN LATERAL (VALUES ('placed', p.placed_at), ('moved', p.moved_at), ('closed', p.closed_at)) AS s (change, at) WHERE s.at IS NOT NULL`,
      `SELECT s.at, ('h' || lpad(o.id::text, 19, '0') || s.change) COLLATE "C", 'handoff',
              jsonb_build_object('change', s.change, 'handoff', o.handoff, 'phase', o.phase, 'episode', o.journey, 'from', o.from_side, 'to', o.to_side, 'dueAt', o.deadline_at)
         FROM unnest($8::text[]) AS h (handoff) JOIN handoff_occurrence o ON o.migration = $1 AND o.handoff = h.handoff AND o.journey = ANY ($2)
        CROSS JOIN LATERAL (VALUES ('started', o.started_at), (o.outcome, o.ended_at), ('recovered', o.recovered_at)) AS s (change, at)
        WHERE s.at IS NOT NULL AND s.change IS NOT NULL`,
      `SELECT c.at, ('c' || lpad(x.id::text, 19, '0') || lpad(c.number::text, 19, '0')) COLLATE "C", 'case',
              jsonb_build_object('change', c.change, 'case', x.id::text, 'queue', x.queue, 'owner', x.owner, 'by', c.actor)
         FROM exception x
        CROSS JOIN LATERAL (
          SELECT 'opened' AS change, x.opened_at AS at, NULL AS actor, 0 AS number
           UNION ALL SELECT a.action, a.at, a.actor, a.id FROM exception_action a WHERE a.exception = x.id AND a.changed
        ) c WHERE x.migration = $1 AND x.subject = ANY ($3)`,
      `SELECT l.linked_at, ('i' || lpad(l.vendor_id::text, 19, '0')) COLLATE "C", 'id',
              jsonb_build_object('vendor', v.vendor, 'idKind', v.kind, 'names', v.names, 'because', l.because, 'sealed', encode(v.sealed, 'hex'))
         FROM vendor_link l JOIN vendor_id v ON v.number = l.vendor_id
        WHERE l.migration = $1 AND l.unit = ANY ($3) AND l.kind = 'patient'`,
    ]
      .map(page)
      .join(' UNION ALL ')}
  ) e ORDER BY e.at DESC, e.key DESC LIMIT $6`;

/** One page of what a patient went through, the latest first. @throws BadCursor */
export async function readTimeline(
  connection: Queryable,
  secrets: CrosswalkSecrets,
  plan: Plan,
  { migration, journeys, units }: PatientKeys,
  { after, limit }: TimelineQuery,
): Promise<TimelinePage> {
  const cursor = after === undefined ? undefined : readCursor(after);
  const { rows } = await connection.query<Row & Record<string, unknown>>(TIMELINE, [
    ...[migration, journeys, units, cursor?.at ?? null, cursor?.key ?? null, limit + 1],
    plan.phases.map(({ id }) => id),
    plan.handoffs.map(({ id }) => id),
  ]);
  const reader = new EntryReader(plan, secrets, migration);
  const shown = rows.slice(0, limit);
  return {
    entries: shown.map((row) => reader.read(row)),
    next: rows.length > limit ? Buffer.from(shown.at(-1)?.cursor ?? '').toString('base64url') : null,
  };
}

class EntryReader {
  private readonly stages: StageMap;

  constructor(
    private readonly plan: Plan,
    private readonly secrets: CrosswalkSecrets,
    private readonly migration: string,
  ) {
    this.stages = new StageMap(plan);
  }

  /** The bodies are built by the statement above, kind by kind. */
  read({ at, kind, body }: Row): TimelineEntry {
    const moment = at.toISOString();
    switch (kind) {
      case 'event':
        return this.readEvent(moment, body as unknown as StoredBody);
      case 'id':
        return this.readId(moment, body as unknown as IdBody);
      case 'handoff': {
        const { dueAt, ...handoff } = body as unknown as Omit<TimelineHandoff, 'at' | 'kind'>;
        return { at: moment, kind, ...handoff, dueAt: new Date(dueAt).toISOString() };
      }
      case 'side':
        return { at: moment, kind, ...(body as unknown as Omit<TimelineSide, 'at' | 'kind'>) };
      case 'case':
        return { at: moment, kind, ...(body as unknown as Omit<TimelineCase, 'at' | 'kind'>) };
    }
  }

  private readEvent(at: string, { source, type, episode, data, receivedAt }: StoredBody): TimelineEvent {
    const system = this.stages.systemOf(source);
    const place = this.stages.placeOf({ type, source });
    return {
      ...{ at, kind: 'event', type, episode },
      ...{ system: system?.id ?? null, stack: system?.side ?? null },
      ...{ stage: place?.stage ?? null, owner: this.stages.ownerOf({ type, source }), data },
      receivedAt: new Date(receivedAt).toISOString(),
    };
  }

  private readId(at: string, { sealed, vendor, idKind, names, because }: IdBody): TimelineId {
    const id = this.secrets.open(Buffer.from(sealed, 'hex'), { migration: this.migration, vendor });
    const page = id === undefined ? null : pageOf(this.plan, { vendor, kind: idKind, id });
    return { at, kind: 'id', vendor, idKind, names, because, page };
  }
}

interface StoredBody extends Pick<TimelineEvent, 'type' | 'episode' | 'data' | 'receivedAt'> {
  source: string;
}

interface IdBody {
  vendor: string;
  idKind: string;
  names: UnitKind;
  because: string;
  sealed: string;
}

/** The end of the year 9999, which is as far as a timestamp of four digits reaches. */
const LAST_MOMENT = 253_402_300_799_999;

function readCursor(text: string): { at: string; key: string } {
  const match = /^(\d{1,17})\.([a-z][\x21-\x7e]{1,300})$/.exec(Buffer.from(text, 'base64url').toString());
  if (match?.[1] === undefined || match[2] === undefined) throw new BadCursor();
  const micros = BigInt(match[1]);
  const millis = Number(micros / 1000n);
  if (millis > LAST_MOMENT) throw new BadCursor();
  const iso = new Date(millis).toISOString();
  return { at: `${iso.slice(0, -1)}${String(micros % 1000n).padStart(3, '0')}Z`, key: match[2] };
}
