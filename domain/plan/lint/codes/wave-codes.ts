import type { CodeEntry } from './code-entry';

/** WH57x: the waves of those who are patients already. */
export const WAVE_CODES = {
  WH571: {
    severity: 'error',
    title: 'Waves of other people than there are',
    why: 'Those who are in no wave are forgotten between two systems; those who are too many do not exist (R43, R44).',
    bad: '- { id: dermatology, existing: dermatology, sizes: [50, 200, 600], watch: 35d }',
    good: '- { id: dermatology, existing: dermatology, sizes: [50, 200, 600, 880], watch: 35d }',
  },
  WH572: {
    severity: 'warning',
    title: 'A group that no wave moves',
    why: 'They stay on a stack that is going to be switched off (R43).',
    bad: '# no word of the hormone program',
    good: '- { id: hormone, existing: hormone, byHand: Controlled substances move with the prescriber on the phone. }',
    waivable: true,
  },
  WH573: {
    severity: 'error',
    title: 'A group that moves twice',
    why: 'Two lists would move the same people, each by its own count.',
    bad: '- { id: hormone, existing: hormone, byHand: Controlled substances move with the prescriber on the phone. }\n- { id: hormone-again, existing: hormone, byHand: They move by hand. }',
    good: '- { id: hormone, existing: hormone, byHand: Controlled substances move with the prescriber on the phone. }',
  },
  WH574: {
    severity: 'error',
    title: 'A group that is not declared',
    why: 'The wave would move nobody, and those who were meant stay behind.',
    bad: '- { id: hormone, existing: hormones, byHand: They move by hand. }',
    good: '- { id: hormone, existing: hormone, byHand: Controlled substances move with the prescriber on the phone. }',
  },
} as const satisfies Record<string, CodeEntry>;
