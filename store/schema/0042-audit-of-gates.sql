-- What the page of a phase's gates reads of the log (store/gates-of-phase.ts): the few decisions on go/no-go and what gates did, among all that happened.
CREATE INDEX audit_of_gates ON audit (migration, phase, id)
  WHERE cohort IS NOT NULL AND (action LIKE 'goNoGo.%' OR action = 'approval.asked' OR actor LIKE 'gate:%');
