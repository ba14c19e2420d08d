import request from 'supertest';
import type { BulkAnswer, ExceptionEntry, ExceptionHistory } from '../../../domain/status/exception-page';
import type { QueueTally } from '../../../domain/status/migration-status';
import { readAudit } from '../../../store/audit-log';
import type { Database } from '../../../store/database';
import { storeEvents } from '../../../store/events';
import { authorization, type FactsActor, type FactsApi } from './facts-api';
import { letTimePass } from './let-time-pass';
import { sweepAllDue } from './sweep-all-due';
import { eventToStore, keys } from './test-stack';

const MINUTE = 60_000;

/** One for each step of the path of the queue of payments that were not routed. */
export const EVIDENCE = [
  { step: 1, reference: 'charge:ch_19a' },
  { step: 2, reference: 'ticket-4711' },
];

/** Cases of one migration of the facts plan, as people work on them over HTTP. */
export class FactsCases {
  constructor(
    private readonly db: Database,
    private readonly api: FactsApi,
    readonly migration: string,
  ) {}

  /** A patient who paid and was not routed; the number of the case. */
  async open(patient = 1): Promise<string> {
    const { db, migration } = this;
    await storeEvents(db, [
      eventToStore(migration, { patient, type: 'payment.succeeded' }),
      eventToStore(migration, { patient, type: 'message.delivered' }),
    ]);
    await letTimePass(db, migration, 12 * MINUTE);
    await sweepAllDue(db);
    const { rows } = await db.query<{ id: string }>(
      `SELECT id FROM exception WHERE migration = $1 AND subject = $2 AND queue = 'payment-not-routed'`,
      [migration, keys.patient(patient)],
    );
    return rows[0]?.id ?? '';
  }

  /** One more case of a patient, as if another rule had opened it. */
  async plant(patient: number, more: { queue?: string; dueIn?: string; cause?: string } = {}): Promise<string> {
    const { rows } = await this.db.query<{ id: string }>(
      `INSERT INTO exception (migration, cause, queue, journey, subject, owner, due_at)
       VALUES ($1, coalesce($6, 'event:planted:' || gen_random_uuid()), $2, $3, $4, 'care-coordination', clock_timestamp() + $5::interval) RETURNING id`,
      [
        ...[this.migration, more.queue ?? 'payment-not-routed', keys.episode(patient), keys.patient(patient)],
        ...[more.dueIn ?? '30 minutes', more.cause ?? null],
      ],
    );
    return rows[0]?.id ?? '';
  }

  post(path: string, body: object, as: FactsActor = 'support-lead-1', key?: string): request.Test {
    const sent = request(this.api.app)
      .post(`/v1/migrations/${this.migration}/${path}`)
      .set(...authorization(as));
    return (key === undefined ? sent : sent.set('Idempotency-Key', key)).send(body);
  }

  act(id: string, action: string, body: object, ...more: [FactsActor?, string?]): request.Test {
    return this.post(`exceptions/${id}/${action}`, body, ...more);
  }

  /** The case after an action that is carried out. */
  async done(id: string, action: string, body: object, ...more: [FactsActor?, string?]): Promise<ExceptionEntry> {
    const answer = await this.act(id, action, body, ...more);
    expect([answer.status, answer.body]).toEqual([200, expect.anything()]);
    return answer.body as ExceptionEntry;
  }

  async refused(id: string, action: string, body: object, ...more: [FactsActor?, string?]): Promise<[number, string]> {
    const answer = await this.act(id, action, body, ...more);
    return [answer.status, (answer.body as { code: string }).code];
  }

  async bulk(body: object, ...more: [FactsActor?, string?]): Promise<BulkAnswer> {
    const answer = await this.post('exceptions-bulk', body, ...more);
    expect([answer.status, answer.body]).toEqual([200, expect.anything()]);
    return answer.body as BulkAnswer;
  }

  async show(id: string): Promise<ExceptionHistory> {
    return (await this.get(`exceptions/${id}`)) as ExceptionHistory;
  }

  async board(queue = 'payment-not-routed'): Promise<QueueTally | undefined> {
    const { queues } = (await this.get('queues')) as { queues: QueueTally[] };
    return queues.find((one) => one.queue === queue);
  }

  async get(path: string): Promise<unknown> {
    const answer = await request(this.api.app)
      .get(`/v1/migrations/${this.migration}/${path}`)
      .set(...authorization('support-lead-1'));
    expect([answer.status, answer.body]).toEqual([200, expect.anything()]);
    return answer.body as unknown;
  }

  /** What people did with cases, as the audit log has it: `actor action reason`. */
  async audited(): Promise<string[]> {
    const { entries } = await readAudit(this.db, { migration: this.migration, after: 0, limit: 200 });
    return entries
      .filter(({ action, actor }) => action.startsWith('exception.') && !actor.startsWith('system:'))
      .map(({ action, actor, reason }) => [actor, action, ...(reason === null ? [] : [reason])].join(' '));
  }
}
