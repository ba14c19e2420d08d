import type { CodeEntry } from './code-entry';

/** WH03x: templates that a plan extends. */
export const TEMPLATE_CODES = {
  WH030: {
    severity: 'error',
    title: 'A template that is not one name',
    why: 'A plan extends one template, so that everybody can say where a part of it comes from.',
    bad: 'extends: [telehealth]',
    good: 'extends: telehealth',
  },
  WH031: {
    severity: 'error',
    title: 'A template that there is not',
    why: 'Everything that was to come from it would be missing.',
    bad: 'extends: telehelth',
    good: 'extends: telehealth',
  },
  WH032: {
    severity: 'error',
    title: 'Templates that have no ground',
    why: 'A template that extends itself, or many others, never comes to an end.',
    bad: 'extends: one # which extends other, which extends one',
    good: 'extends: telehealth',
  },
  WH033: {
    severity: 'error',
    title: 'A part that the template does not have',
    why: 'What was meant stays in the plan, and whoever left it out believes that it is gone.',
    bad: 'without: [handoffs/click-to-intak]',
    good: 'without: [handoffs/click-to-intake]',
  },
  WH034: {
    severity: 'error',
    title: 'Parts left out of nothing',
    why: 'A plan that extends no template has only what it writes.',
    bad: 'without: [handoffs/click-to-intake]',
    good: 'extends: telehealth\nwithout: [handoffs/click-to-intake]',
  },
} as const satisfies Record<string, CodeEntry>;
