import { BECAUSE_CODES, newCohortRun } from '../../../domain/phase/cohort-run';
import { describePhase } from '../../../domain/phase/describe-phase';
import type { PhaseRules } from '../../../domain/phase/phase-rules';

const rules = {
  migration: 'spring-move',
  phase: { id: 'payment', ramp: [] as unknown, cohorts: [] as unknown },
} as PhaseRules;

it.each(BECAUSE_CODES)('I15 a phase in Temporal’s own UI says why (%s), in no words that people typed', (code) => {
  const run = { ...newCohortRun('everyone', ''), because: { code, message: 'these words' } };
  const shown = describePhase([run], rules);
  const typed = code === 'command' || code === 'rejected';
  const elsewhere = typed ? 'the audit log has who and why' : 'the plan says why';
  const hidden = typed || code === 'staysOnLegacy';
  expect(shown).toContain(hidden ? elsewhere : 'everyone: these words');
  expect(shown.includes('these words')).toBe(!hidden);
});
