import { z } from 'zod';
import { PATIENT_ATTRIBUTES } from './attributes';

const key = z.string().min(1).max(80);

/** Whom it is about: what one system of a stack tells another, and a patient's browser the stack. Keys and codes, nothing else. */
export const journeyCaseSchema = z.strictObject({
  migration: key,
  patient: key,
  journey: key,
  visitor: key.optional(),
  subscription: key.optional(),
  attributes: z.strictObject({
    program: z.enum(PATIENT_ATTRIBUTES.program),
    state: z.enum(PATIENT_ATTRIBUTES.state),
    visit: z.enum(PATIENT_ATTRIBUTES.visit),
    relation: z.enum(PATIENT_ATTRIBUTES.relation),
  }),
});
export type JourneyCase = z.output<typeof journeyCaseSchema>;

const COOKIE = /(?:^|; )visit=([A-Za-z0-9_-]{1,2000})(?:;|$)/;

/** The cookie by which a browser tells a page who looks at it. */
export function visitCookie(who: JourneyCase): string {
  return `visit=${Buffer.from(JSON.stringify(who)).toString('base64url')}`;
}

/** Who looks at a page; undefined for anybody else: a probe, a curious person. */
export function readVisitCookie(header: string | undefined): JourneyCase | undefined {
  const value = COOKIE.exec(header ?? '')?.[1];
  if (value === undefined) return undefined;
  try {
    return journeyCaseSchema.parse(JSON.parse(Buffer.from(value, 'base64url').toString('utf8')));
  } catch {
    return undefined;
  }
}
