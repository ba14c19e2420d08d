import type { Client } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { condition } from '@temporalio/workflow';
import type { Sender } from '../activities/port';
import { KIND } from '../domain/journey-kinds/kind';
import { type Status, transition } from '../domain/phase/transition';
import type { Plan } from '../domain/plan/plan';
import { unreachable } from '../domain/unreachable';
import type { Row } from '../store/statement';

export interface Around {
  client: Client;
  sender: Sender;
  row: Row;
}

export async function phase(status: Status, plan: Plan): Promise<string> {
  if (!(await condition(() => status === 'held', 1_000))) throw ApplicationFailure.nonRetryable('late', 'late');
  return status === 'held' ? `${KIND.check(plan)} ${transition(status, plan)}` : unreachable(status as never);
}
