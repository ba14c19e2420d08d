import type { SplitKey } from '../../activities/traffic/traffic-router';
import type { Side } from '../../domain/sides/side';
import { changeSplit, createSplit, readSplit } from '../../store/splits';
import { startTestApi, type TestApi } from '../integration/api/running-api';
import { bringEverybodyBack } from '../integration/sides/bring-everybody-back';
import { episodes, PAYMENT, startMigration } from '../integration/sides/started-migration';
import { startTcpGate, type TcpGate } from '../integration/tcp-gate';
import { createTestDatabase } from '../setup/test-database';
import { until } from '../setup/until';

export const FLAG = 'payment-2026.payment';

const LEASE = 3_600_000;
const pilot: SplitKey = { migration: 'payment-2026', ...PAYMENT };

/** The API with a migration in it, as clients reach it: either way in between can be cut. */
export class ClientWorld {
  private series = 0;

  private constructor(
    readonly api: TestApi,
    /** Between the clients and the API. */
    readonly network: TcpGate,
    /** Between the API and Postgres. */
    readonly postgres: TcpGate,
    private readonly postgresAddress: string,
    private readonly dropDatabase: () => Promise<void>,
  ) {}

  static async start(): Promise<ClientWorld> {
    const database = await createTestDatabase();
    const [network, postgres] = await Promise.all([startTcpGate(), startTcpGate()]);
    const through = new URL(database.url);
    const postgresAddress = through.host;
    through.host = postgres.address;
    postgres.open(postgresAddress);
    const api = await startTestApi({ databaseUrl: through.href });
    network.open(new URL(api.url).host);
    const world = new ClientWorld({ ...api, db: database.db }, network, postgres, postgresAddress, () =>
      database.drop(),
    );
    await startMigration(database.db);
    await createSplit(database.db, { ...pilot, lease: LEASE });
    // A process that has only just started may say to ask again, and a page that is loaded once does not.
    await until('the API tells sides', async () => (await world.ask(world.newKey())).status === 200);
    return world;
  }

  get baseUrl(): string {
    return `http://${this.network.address}`;
  }

  get authorization(): string {
    return `Bearer ${this.api.tokens['sandbox-stacks']}`;
  }

  private async ask(targetingKey: string): Promise<Response> {
    return fetch(`${this.baseUrl}/ofrep/v1/evaluate/flags/${FLAG}`, {
      method: 'POST',
      headers: { authorization: this.authorization, 'content-type': 'application/json' },
      body: JSON.stringify({ context: { targetingKey, state: 'CO' } }),
    });
  }

  /** The key of somebody nobody has asked for. */
  newKey(): string {
    return episodes(1, (this.series += 1))[0] ?? '';
  }

  /** Sends new arrivals to target, all or none. */
  async sendTo(side: Side): Promise<void> {
    const expectedEpoch = (await readSplit(this.api.db, pilot))?.epoch ?? 0;
    const share = side === 'target' ? 100_000 : 0;
    const change = { ...pilot, expectedEpoch, share, perDay: null, lease: LEASE };
    await changeSplit(this.api.db, { ...change, mode: 'open', cause: share === 0 ? 'lowered' : 'raised' });
  }

  /** Rolls back, and brings everybody back to legacy who is on target. */
  async bringEverybodyBack(): Promise<void> {
    await bringEverybodyBack(this.api.db, pilot, LEASE);
  }

  cutClientsOff(): void {
    this.network.shut();
  }

  letClientsIn(): void {
    this.network.open(new URL(this.api.url).host);
  }

  takePostgresAway(): void {
    this.postgres.shut();
  }

  bringPostgresBack(): void {
    this.postgres.open(this.postgresAddress);
  }

  async stop(): Promise<void> {
    this.bringPostgresBack();
    this.network.shut();
    await this.api.stop();
    this.postgres.shut();
    await Promise.all([this.network.close(), this.postgres.close()]);
    await this.dropDatabase();
  }
}
