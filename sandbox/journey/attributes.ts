/** What patients of the sandbox are told apart by, and cohorts may be declared by. Coded values only. */
export const PATIENT_ATTRIBUTES = {
  program: ['dermatology', 'weight', 'hormone'],
  state: ['CA', 'FL', 'NY', 'TX', 'WA'],
  /** How a provider sees them: by questionnaire, or live. */
  visit: ['async', 'sync'],
  /** `new` and `returning` come to the landing page; `existing` have a subscription and come to the portal. */
  relation: ['new', 'returning', 'existing'],
} as const;

export type AttributeName = keyof typeof PATIENT_ATTRIBUTES;
export type PatientAttributes = { readonly [Name in AttributeName]: (typeof PATIENT_ATTRIBUTES)[Name][number] };
export const ATTRIBUTE_NAMES = Object.keys(PATIENT_ATTRIBUTES) as AttributeName[];
