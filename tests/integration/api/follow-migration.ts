import type { CohortStatus } from '../../../domain/phase/cohort-run';
import type { AuditEntry, AuditPage } from '../../../domain/status/audit-page';
import type { CohortStanding, MigrationStatus } from '../../../domain/status/migration-status';
import { until } from '../../setup/until';
import { PAYMENT_PLAN } from './payment-plan';
import type { ActorId, TestApi } from './running-api';

/** A day of the plan in a quarter of a second. */
export const TIME_SCALE = 345_600;

/** One migration of the payment plan, as a test follows it through the API. */
export class FollowedMigration {
  constructor(
    private readonly api: TestApi,
    readonly id: string,
  ) {}

  static async start(api: TestApi, id: string, plan = PAYMENT_PLAN): Promise<FollowedMigration> {
    const answer = await api.as('release-manager-1').post('/v1/migrations', { plan, id, timeScale: TIME_SCALE });
    if (answer.status !== 201) throw new Error(`It was not started: ${answer.text}`);
    return new FollowedMigration(api, id);
  }

  async status(): Promise<MigrationStatus> {
    return (await this.api.as('engineer-1').get(`/v1/migrations/${this.id}`)).body as MigrationStatus;
  }

  async cohort(cohort: string): Promise<CohortStanding> {
    const found = (await this.status()).phases[0]?.cohorts.find((standing) => standing.cohort === cohort);
    if (found === undefined) throw new Error('There is no such cohort.');
    return found;
  }

  /** Waits until each cohort that is named is where it should be. */
  async reaches(status: CohortStatus, cohorts = ['pilot-states', 'everyone-else']): Promise<void> {
    for (const cohort of cohorts) {
      await until(`${cohort} is ${status}`, async () => (await this.cohort(cohort)).run?.status === status);
    }
  }

  async ends(): Promise<void> {
    await until(`${this.id} has ended`, async () => (await this.status()).state === 'ended');
  }

  async says(
    actor: ActorId,
    command: string,
    body: object = {},
    key?: string,
  ): Promise<{ status: number; body: Reply }> {
    const sent = this.api.as(actor).post(`/v1/migrations/${this.id}/phases/payment/${command}`, body);
    const answer = await (key === undefined ? sent : sent.set('Idempotency-Key', key));
    return { status: answer.status, body: answer.body as Reply };
  }

  async audit(): Promise<AuditEntry[]> {
    const answer = await this.api.as('engineer-1').get(`/v1/migrations/${this.id}/audit?limit=1000`);
    return (answer.body as AuditPage).entries;
  }
}

export interface Reply {
  outcome?: string;
  cohorts?: { cohort: string; status: string; epoch: number }[];
  detail?: string;
  code?: string;
}
