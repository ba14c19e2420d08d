import { markdownTable } from './markdown';

/** What the pages take for known. */
export function glossary(): string {
  return markdownTable(['word', 'what it means'], WORDS);
}

const WORDS: readonly (readonly [string, string])[] = [
  ['legacy, target', 'The two sides: the systems that patients leave, and those that they move to.'],
  ['phase', 'A part of the journey that moves as a whole. One after the other, never two at once.'],
  [
    'visitor, episode, subscription, patient, login',
    'What has a side in a phase, and keeps it: somebody before login; one course from intake to treatment; what is charged again and again; a person; an account.',
  ],
  [
    'cohort',
    'A slice of those who arrive, told apart by what is known of them, with steps, gates and decisions of its own.',
  ],
  [
    'ramp, step, share',
    'How much of a cohort goes to target: a ramp is its steps, each a share of those who arrive or a number a day.',
  ],
  [
    'open',
    'Somebody on target who is on the way: where a step has *open at most*, nobody new goes to target while it is full.',
  ],
  [
    'soak',
    'After the last step: 100% of those who arrive go to target, the gates go on looking, and it still goes back.',
  ],
  ['dwell', 'How long a committed phase must be stable before the next begins.'],
  [
    'handoff',
    'Something that must follow something else within a deadline, for one patient. Kept in time, or missed: then it is a case.',
  ],
  ['outcome', 'One handoff of one patient that has ended: kept or missed. Gates count them.'],
  ['gate', 'A limit on the outcomes of a handoff. It passes, is crossed, or holds the step while it cannot tell.'],
  ['limit that people watch', 'A limit on something that is no handoff.'],
  [
    'severity',
    'What it costs patients: `safety` (somebody may be harmed), `money` (charged wrongly), `access` (does not get on), `experience` (a worse time).',
  ],
  [
    'rollback',
    'Of a cohort, a phase or the migration: arrivals go to legacy first; then those on target, by how far they got. Of a step: fewer arrivals go to target, and nobody on target is moved.',
  ],
  [
    'past return',
    'From here on nobody is brought back, by a rollback or by a person: it would charge or prescribe twice.',
  ],
  ['irreversible', 'What no rollback undoes, such as a charge: people mend it case by case.'],
  [
    'commit',
    'Target has everyone who arrives in the cohorts that move, and no rollback takes the phase back any more.',
  ],
  [
    'reverse cutover',
    'The only way back after a commit: a migration of its own, from target to legacy, with a plan, steps and decisions of its own. No command does it.',
  ],
  [
    'hold',
    'A gate has too few outcomes, none, or cannot be read: the step waits, and after a while a person is paged.',
  ],
  [
    'pause',
    'A cohort stops until people let it go on. What its arrivals do meanwhile is said with each phase; those on target stay.',
  ],
  ['go/no-go', 'People look at the evidence and let a phase begin, or not.'],
  ['four eyes', 'Whoever started the migration does not count, and nobody counts twice.'],
  [
    'role, team',
    'A role (`release-manager`) is what somebody may decide; a team (`release-management`) is who works on something. Which role is which team is not in the plan.',
  ],
  ['queue, case, SLA, path', 'Where cases of a kind are worked on: by one team, within a time, step by step.'],
  ['lane', 'The side that a handoff starts on and the side that must end it, such as target→legacy.'],
  [
    'bridge',
    'A handoff that starts in one phase and ends in another: while only one of them has moved, it crosses sides.',
  ],
  ['armed, disarmed', 'Something fires by itself later, such as a renewal or a message; disarmed, it no longer does.'],
  ['wave, safe window', 'Those who are here already move in waves, each person only while nothing of theirs is due.'],
  ['unlinked', 'An event that came with a key nobody knows: whose it is, people find out.'],
  ['synthetic patient', 'A test that goes through the journey as a patient would. Nobody is treated.'],
  [
    'hash',
    'A fingerprint of the plan: what people approved is exactly the plan with this hash. The smallest change has another.',
  ],
  ['WH…', 'The number of a finding of lint. WH8…: declared, and not carried out by this release.'],
];
