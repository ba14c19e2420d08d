import { deriveKey } from '../patients/derive-key';
import { seededRandom, type Random } from '../patients/seeded-random';
import { PATIENT_ATTRIBUTES, type AttributeName, type PatientAttributes } from './attributes';
import type { JourneyCase } from './journey-case';

type Weights<Name extends AttributeName> = Partial<Record<PatientAttributes[Name], number>>;

/** How many of each kind come, by weight. */
export type PatientMix = { readonly [Name in AttributeName]?: Weights<Name> | undefined };

/** Who comes to a company with 150 new patients a day and 6,000 subscribers. */
const USUAL = {
  program: { dermatology: 45, weight: 40, hormone: 15 },
  /** 1,850 in dermatology, 3,900 in weight loss, 250 in hormone care. */
  programOfExisting: { dermatology: 1_850, weight: 3_900, hormone: 250 },
  state: { CA: 30, FL: 20, NY: 20, TX: 20, WA: 10 },
  visit: { async: 75, sync: 25 },
  relation: { new: 55, returning: 10, existing: 35 },
} as const;

/** Arrivals an hour at which about 150 new patients a day pay. */
export const VOLUME_ONE = 18;

/** Keys and attributes of the patient of that number: the same for the same seed, prefixes and mix. */
export function patientProfile(
  number: number,
  options: {
    migration: string;
    seed: string;
    prefixes: { patient: string; episode: string; visitor?: string | undefined; subscription?: string | undefined };
    mix: PatientMix;
  },
): JourneyCase {
  const { migration, seed, prefixes, mix } = options;
  const random = seededRandom(`${seed} profile ${number}`);
  const relation = weighted(random, PATIENT_ATTRIBUTES.relation, mix.relation ?? USUAL.relation);
  const usualPrograms = relation === 'existing' ? USUAL.programOfExisting : USUAL.program;
  const attributes: PatientAttributes = {
    relation,
    program: weighted(random, PATIENT_ATTRIBUTES.program, mix.program ?? usualPrograms),
    state: weighted(random, PATIENT_ATTRIBUTES.state, mix.state ?? USUAL.state),
    visit: weighted(random, PATIENT_ATTRIBUTES.visit, mix.visit ?? USUAL.visit),
  };
  const id = String(number);
  return {
    migration,
    patient: deriveKey(prefixes.patient, seed, id),
    journey: deriveKey(prefixes.episode, seed, id),
    // Who has a subscription comes by the portal, not by the landing page.
    ...(prefixes.visitor !== undefined &&
      relation !== 'existing' && { visitor: deriveKey(prefixes.visitor, seed, id) }),
    ...(prefixes.subscription !== undefined && { subscription: deriveKey(prefixes.subscription, seed, id) }),
    attributes,
  };
}

function weighted<Value extends string>(
  random: Random,
  values: readonly [Value, ...Value[]],
  weights: Partial<Record<Value, number | undefined>>,
): Value {
  const of = (value: Value): number => weights[value] ?? 0;
  let rest = random() * values.reduce((sum, value) => sum + of(value), 0);
  for (const value of values) {
    rest -= of(value);
    if (rest < 0) return value;
  }
  return values.find((value) => of(value) > 0) ?? values[0];
}
