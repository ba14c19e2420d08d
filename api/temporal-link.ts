import { Client, Connection } from '@temporalio/client';
import { DomainError } from '../domain/domain-error';
import type { Milliseconds } from '../domain/time/duration';
import { createDataConverter } from '../platform/payload-codec';

export interface TemporalOptions {
  /** `host:port` */
  address: string;
  namespace: string;
  /** 64 hexadecimal digits. */
  payloadKey: string;
  taskQueue: string;
}

/** Temporal cannot be asked. Decisions and events are answered all the same: they rest on Postgres alone. */
export class TemporalUnreachable extends DomainError {
  readonly code = 'temporal-unreachable';
  readonly status = 503;
  constructor(whatNow: string) {
    super(`Temporal does not answer, so nothing was sent. ${whatNow}`);
  }
}

/**
 * The API's connection to Temporal, made when it is first needed and mended by itself, so that the API starts and answers
 * stacks while Temporal is away.
 */
export class TemporalLink {
  private constructor(
    private readonly connection: Connection,
    readonly client: Client,
    readonly namespace: string,
    /** Where workflows are started. */
    readonly taskQueue: string,
  ) {}

  static lazy(options: TemporalOptions): TemporalLink {
    const connection = Connection.lazy({ address: options.address, connectTimeout: 2_000 });
    const client = new Client({
      connection,
      namespace: options.namespace,
      dataConverter: createDataConverter(options.payloadKey, { foreign: 'refuse' }),
      identity: `api@${process.pid}`,
    });
    return new TemporalLink(connection, client, options.namespace, options.taskQueue);
  }

  /** Runs calls to Temporal that must be over within `limit`; they fail with DEADLINE_EXCEEDED (or its kin) after that. */
  async within<Result>(limit: Milliseconds, calls: () => Promise<Result>): Promise<Result> {
    return this.connection.withDeadline(Date.now() + limit, calls);
  }

  /** Whether Temporal answers and knows the namespace. Never throws. */
  async isReachable(limit: Milliseconds = 2_000): Promise<boolean> {
    try {
      await this.within(limit, () => this.connection.workflowService.describeNamespace({ namespace: this.namespace }));
      return true;
    } catch {
      return false;
    }
  }

  async close(): Promise<void> {
    await this.connection.close();
  }
}
