import { unreachable } from '../../domain/unreachable';
import type { Milliseconds } from '../../domain/time/duration';
import { noticeKey, type Channel } from './channel';
import type { Notice } from './notifier';
import { postText } from './post-text';

export interface PagerOptions {
  name: string;
  /** Of a service that takes events as PagerDuty's Events API v2 does: `https://events.pagerduty.com/v2/enqueue`. */
  url: string;
  /** The integration's key. */
  routingKey: string;
  timeout?: Milliseconds;
}

const LONGEST_SUMMARY = 1_024;
/** What the API takes of a deduplication key. */
const LONGEST_KEY = 255;

/** Triggers, acknowledges and resolves alerts. Notices about one incident have one `dedup_key`, so that it pages once. */
export class PagerChannel implements Channel {
  readonly kind = 'pager';
  readonly name: string;

  constructor(private readonly options: PagerOptions) {
    this.name = options.name;
  }

  deliver(notice: Notice): Promise<void> {
    const { url, routingKey, timeout } = this.options;
    const { incident, migration } = notice;
    const event = {
      routing_key: routingKey,
      event_action: actionOf(incident?.state ?? 'open'),
      dedup_key: (incident === undefined ? noticeKey(notice) : `${migration}/${incident.key}`).slice(0, LONGEST_KEY),
      payload: {
        summary: notice.message.slice(0, LONGEST_SUMMARY),
        source: migration,
        severity: notice.urgency === 'page' ? 'critical' : 'info',
        class: notice.kind,
        ...(notice.team !== undefined && { group: notice.team }),
        ...(notice.phase !== null && { component: notice.phase }),
      },
    };
    const body = JSON.stringify(event);
    return postText({ ...{ url, body, headers: {} }, ...(timeout !== undefined && { timeout }) });
  }
}

function actionOf(state: NonNullable<Notice['incident']>['state']): string {
  switch (state) {
    case 'open':
      return 'trigger';
    case 'acknowledged':
      return 'acknowledge';
    case 'resolved':
      return 'resolve';
    default:
      return unreachable(state);
  }
}
