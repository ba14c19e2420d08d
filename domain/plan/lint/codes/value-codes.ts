import type { CodeEntry } from './code-entry';

/** WH1xx: fields and their values, each by itself. */
export const VALUE_CODES = {
  WH101: {
    severity: 'error',
    title: 'A name that does not belong here',
    why: 'A field that nobody reads is a promise that nobody keeps: a mistyped limit would simply not be there.',
    bad: 'soack: 14d',
    good: 'soak: 14d',
  },
  WH102: {
    severity: 'error',
    title: 'Something is missing',
    why: 'What a plan does not say, nobody decided. It is asked before launch, not found out on the day.',
    bad: '# no soak at all',
    good: 'soak: 14d',
  },
  WH103: {
    severity: 'error',
    title: 'Another kind of value is wanted',
    why: 'A list where one value is wanted, or text where a number is, would have to be guessed at. A plan is never guessed at.',
    bad: 'capacity: sixty',
    good: 'capacity: 60',
  },
  WH104: {
    severity: 'error',
    title: 'Not one of the choices',
    why: 'Only these words have a meaning that the engine carries out.',
    bad: 'unit: epsiode',
    good: 'unit: episode',
  },
  WH105: {
    severity: 'error',
    title: 'Too few, or too small',
    why: 'Below this the field says nothing: an empty list, an approval by nobody, a gate on no outcome.',
    bad: 'goOn: { count: 0, roles: [release-manager], fourEyes: true }',
    good: 'goOn: { count: 1, roles: [release-manager], fourEyes: true }',
  },
  WH106: {
    severity: 'error',
    title: 'Too many, or too large',
    why: 'Above this it is a slip, or more than people can oversee and the engine can carry.',
    bad: 'goOn: { count: 12, roles: [release-manager], fourEyes: true }',
    good: 'goOn: { count: 1, roles: [release-manager], fourEyes: true }',
  },
  WH107: {
    severity: 'error',
    title: 'Not written in the form that is read',
    why: "A deadline of '600' is seconds to one reader and minutes to the next. Durations, shares, names, codes and keys each have one form.",
    bad: 'within: 10 minutes',
    good: 'within: 10m',
  },
  WH108: {
    severity: 'error',
    title: 'An answer that decides nothing',
    why: "'TBD', 'both' and '?' mean that on the day two teams look at each other while a patient waits.",
    bad: 'owner: both\nsla: 2h',
    good: 'owner: care-coordination\nsla: 2h',
  },
  WH109: {
    severity: 'error',
    title: 'A reason that is none',
    why: 'Whoever reads the plan in the incident, or a year later, must learn why; a word that fills the field tells them nothing.',
    bad: "notApplicable: 'N/A'",
    good: 'notApplicable: The portal moves with its own phase, later; nothing of it changes here.',
  },
  WH110: {
    severity: 'error',
    title: 'A name that cannot be used',
    why: 'It is reserved, or its letters would not survive where it is used as a key.',
    bad: 'constructor: { kind: integer, required: true }',
    good: 'amountCents: { kind: integer, required: true }',
  },
  WH111: {
    severity: 'error',
    title: 'A secret in an address',
    why: 'A plan is shown, stored and sent around for approval. A password in it is known to all of them.',
    bad: "probes: [{ id: up, side: target, url: 'https://me:secret@app.example.com/' }]",
    good: "probes: [{ id: up, side: target, url: 'https://app.example.com/' }]",
  },
  WH112: {
    severity: 'error',
    title: 'A probe that may take too long',
    why: 'The checks before a start end within 30 s; one that takes longer would be cut off and never pass.',
    bad: "probes: [{ id: up, side: target, url: 'https://app.example.com/', timeout: 21s }]",
    good: "probes: [{ id: up, side: target, url: 'https://app.example.com/', timeout: 10s }]",
  },
} as const satisfies Record<string, CodeEntry>;
