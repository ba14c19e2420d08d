-- What ended once more than it may, which gates count as soon as it is there: few, so few are looked at.
CREATE INDEX handoff_ended_twice ON handoff_occurrence (migration, phase, cohort, handoff, epoch) WHERE second_ends > 0 AND from_side = 'target';
