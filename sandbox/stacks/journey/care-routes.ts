import { STACK_ODDS } from '../../journey/habits';
import { pick } from '../../patients/seeded-random';
import type { CaseWork } from './case-work';
import type { Handovers } from './handovers';

/** Provider review and the pharmacy: a paid case is assigned, decided, prescribed and shipped. Each step follows by itself. */
export function careRoutes(desk: Handovers): void {
  desk.takes('reviews', (work, paidAt) => {
    const { program, state } = work.who.attributes;
    work.after('review.assigned', paidAt, (at) => {
      if (work.says('review.assigned', at, { program, licensedIn: state })) review(desk, work.begunHere, at);
      else work.tell('lost');
    });
  });
}

function review(desk: Handovers, work: CaseWork, assignedAt: number): void {
  if (work.random('decision')() >= STACK_ODDS.reviewDeclined) {
    work.after('review.approved', assignedAt, (at) => {
      if (work.says('review.approved', at, { program: work.who.attributes.program })) prescribe(desk, work, at);
      else work.tell('lost');
    });
    return;
  }
  work.after('review.declined', assignedAt, (at) => {
    if (!work.says('review.declined', at, { program: work.who.attributes.program })) {
      work.tell('lost');
      return;
    }
    work.after('decision.told', at, (toldAt) => {
      work.says('decision.told', toldAt, { channel: pick(work.random('channel'), ['sms', 'email']) });
    });
    desk.give('refunds', work, at);
  });
}

function prescribe(desk: Handovers, work: CaseWork, approvedAt: number): void {
  const acknowledge = (since: number): void => {
    step(work, 'prescription.acknowledged', since, (acknowledgedAt) => {
      step(work, 'order.shipped', acknowledgedAt, (shippedAt) => {
        desk.give('tracking', work, shippedAt);
      });
    });
  };
  if (work.random('prescription')() >= STACK_ODDS.prescriptionRejected) {
    acknowledge(approvedAt);
    return;
  }
  step(work, 'prescription.rejected', approvedAt, (rejectedAt) => {
    step(work, 'prescription.rerouted', rejectedAt, acknowledge);
  });
}

/** One step of the pharmacy; where a fault loses it, nothing more comes of the order. */
function step(
  work: CaseWork,
  type: 'prescription.acknowledged' | 'prescription.rejected' | 'prescription.rerouted' | 'order.shipped',
  since: number,
  then: (happenedAt: number) => void,
): void {
  work.after(type, since, (at) => {
    if (work.says(type, at)) then(at);
    else work.tell('lost');
  });
}
