import { isMap, isSeq, parseDocument } from 'yaml';

/**
 * The same plan with approvals that plain signals may give: without four eyes, which they never count towards. Another plan, with
 * another hash; comments and order stay.
 */
export function withApprovalsBySignal(planText: string): string {
  const document = parseDocument(planText);
  const phases = document.get('phases');
  if (!isSeq(phases)) return planText;
  const forget = (...path: (string | number)[]): void => {
    if (document.hasIn(path)) document.deleteIn(path);
  };
  phases.items.forEach((phase, index) => {
    if (!isMap(phase)) return;
    document.setIn(['phases', index, 'approvals', 'bySignal'], true);
    for (const decision of ['goNoGo', 'goOn', 'commit']) forget('phases', index, 'approvals', decision, 'fourEyes');
    const forgetInRamp = (...path: (string | number)[]): void => {
      const ramp = document.getIn(path);
      if (!isSeq(ramp)) return;
      for (const step of ramp.items.keys()) forget(...path, step, 'approval', 'fourEyes');
    };
    forgetInRamp('phases', index, 'ramp');
    const cohorts = phase.get('cohorts');
    if (!isSeq(cohorts)) return;
    for (const cohort of cohorts.items.keys()) forgetInRamp('phases', index, 'cohorts', cohort, 'ramp');
  });
  return document.toString();
}
