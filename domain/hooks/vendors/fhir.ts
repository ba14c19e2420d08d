import { derivedId, foundIds, fromTimestamp, item, kindName, notOfVendor, requireMap } from '../item-parts';
import { isMap, Payload, type PayloadPath } from '../payload';
import type { Delivery, DefaultMapping, RefusedItem, VendorItem, VendorModule } from '../vendor-item';

const TITLE = 'a FHIR R4 subscription';

/** Resources that are no patient's. */
const NOBODYS = new Set([
  ...['Practitioner', 'PractitionerRole', 'Organization', 'Location', 'HealthcareService', 'Medication', 'Device'],
  ...['Schedule', 'Slot', 'Questionnaire', 'PlanDefinition', 'Subscription', 'Endpoint', 'InsurancePlan'],
]);

/** Where a resource says whose it is. */
const SUBJECTS = ['subject', 'patient', 'for', 'beneficiary', 'individual'] as const;

/**
 * Notifications of a FHIR R4 subscription: of the backport (a Parameters, alone or first in a Bundle), or the resource itself, as a rest-hook of R4 and
 * Medplum send it. Narrative, notes and names are never read. Sources: FHIR R4, Subscription; Subscriptions R5 Backport 1.1; Medplum's
 * documentation, Subscriptions.
 */
function readFhir({ body, bodyDigest }: Delivery): (VendorItem | RefusedItem)[] {
  const payload = new Payload(body);
  requireMap(payload, TITLE);
  switch (payload.text('resourceType')) {
    case undefined:
      throw notOfVendor(TITLE);
    case 'Parameters':
      return notification(payload, []);
    case 'Bundle': {
      const [first, ...others] = payload.each('entry').map((entry) => entry.under('resource'));
      if (first?.peek('resourceType') !== 'Parameters') throw notOfVendor(TITLE);
      return notification(first, others);
    }
    default:
      return [resource(payload, bodyDigest)];
  }
}

/** What a Parameters tells of, each with its resource where that came along. Handshakes and heartbeats tell of nothing. */
function notification(parameters: Payload, resources: readonly Payload[]): (VendorItem | RefusedItem)[] {
  const subscription = parameterOf(parameters, 'subscription')?.text('valueReference', 'reference');
  if (subscription === undefined) throw notOfVendor(TITLE);
  const kind = parameterOf(parameters, 'type');
  if ((kind?.text('valueCode') ?? kind?.text('code')) !== 'event-notification') return [];
  return parameters
    .each('parameter')
    .filter((one) => one.peek('name') === 'notification-event')
    .map((event) => {
      const number = textPart(event, 'event-number', 'valueString');
      const focus = textPart(event, 'focus', 'valueReference', 'reference');
      const [type, id] = referenceParts(focus);
      const trigger = partOf(event, 'trigger')?.text('valueCoding', 'code');
      const whole = resources.find((one) => one.peek('resourceType') === type && one.peek('id') === id);
      return item({
        id: number === undefined ? undefined : derivedId('fhir', subscription, number),
        type: type === undefined ? undefined : [type, trigger].filter((part) => part !== undefined).join('.'),
        time: fromTimestamp(textPart(event, 'timestamp', 'valueInstant')) ?? null,
        ids: foundIds(...own(type, id), ...(whole === undefined ? [] : patientOf(whole))),
        ...(whole === undefined ? {} : { fields: fieldsOf(whole), carried: carriedBy(whole) }),
        payload: whole ?? event,
      });
    });
}

function resource(payload: Payload, bodyDigest: string): VendorItem | RefusedItem {
  const type = payload.text('resourceType');
  const id = payload.text('id');
  const version = payload.text('meta', 'versionId') ?? payload.text('meta', 'lastUpdated');
  const updated = payload.get('meta', 'lastUpdated');
  return item({
    id: id === undefined ? undefined : derivedId('fhir', type, id, version ?? bodyDigest),
    type,
    time: updated === undefined ? null : fromTimestamp(updated),
    ids: foundIds(...own(type, id), ...patientOf(payload)),
    carried: carriedBy(payload),
    fields: fieldsOf(payload),
    payload,
  });
}

type IdPair = readonly [kind: string, id: string | undefined];

function own(type: string | undefined, id: string | undefined): IdPair[] {
  return type === undefined || NOBODYS.has(type) ? [] : [[kindName(type), id]];
}

function patientOf(payload: Payload): IdPair[] {
  for (const name of SUBJECTS) {
    if (!isMap(payload.peek(name))) continue;
    const [type, id] = referenceParts(payload.text(name, 'reference'));
    if (type === 'Patient') return [['patient', id]];
  }
  return [];
}

/** `Patient/123`, absolute or not, or the `urn:uuid:` of what its neighbours call the patient. */
function referenceParts(reference: string | undefined): [type?: string, id?: string] {
  const uuid = /^urn:uuid:([0-9a-f-]{36})$/i.exec(reference ?? '')?.[1];
  if (uuid !== undefined) return ['Patient', uuid];
  const parts = /(?:^|\/)([A-Z][A-Za-z]{1,63})\/([A-Za-z0-9.-]{1,64})(?:\/_history\/[A-Za-z0-9.-]{1,64})?$/.exec(
    reference ?? '',
  );
  return [parts?.[1], parts?.[2]];
}

function carriedBy(payload: Payload): PayloadPath[] {
  return payload.each('identifier').map((_, index) => ['identifier', index, 'value']);
}

/** Statuses and codes: each a code by FHIR's own rules, never its text or display. */
function fieldsOf(payload: Payload): Map<string, PayloadPath> {
  return new Map(FIELDS.filter(([, path]) => payload.peek(...path) !== undefined));
}

const FIELDS: readonly (readonly [string, PayloadPath])[] = [
  ['resourceType', ['resourceType']],
  ['status', ['status']],
  ['intent', ['intent']],
  ['priority', ['priority']],
  ['class', ['class', 'code']],
  ['code', ['code', 'coding', 0, 'code']],
  ['category', ['category', 0, 'coding', 0, 'code']],
  ['serviceType', ['serviceType', 0, 'coding', 0, 'code']],
  ['businessStatus', ['businessStatus', 'coding', 0, 'code']],
  ['clinicalStatus', ['clinicalStatus', 'coding', 0, 'code']],
  ['active', ['active']],
];

function parameterOf(parameters: Payload, name: string): Payload | undefined {
  return parameters.each('parameter').find((one) => one.peek('name') === name);
}

function partOf(parameter: Payload, name: string): Payload | undefined {
  return parameter.each('part').find((one) => one.peek('name') === name);
}

function textPart(parameter: Payload, name: string, ...path: PayloadPath): string | undefined {
  return partOf(parameter, name)?.text(...path);
}

const KINDS = {
  patient: 'patient',
  appointment: 'episode',
  encounter: 'episode',
  'service-request': 'episode',
  'medication-request': 'episode',
  'medication-dispense': 'episode',
  'diagnostic-report': 'episode',
  'questionnaire-response': 'episode',
  'care-plan': 'episode',
  claim: 'episode',
  communication: 'episode',
  coverage: 'episode',
  observation: 'episode',
  task: 'episode',
} as const;

const DEFAULTS: readonly DefaultMapping[] = [
  { from: 'Patient', to: 'chart.created' },
  { from: 'QuestionnaireResponse', when: { status: ['completed'] }, to: 'intake.submitted' },
  { from: 'Appointment', when: { status: ['booked'] }, to: 'appointment.booked' },
  { from: 'ServiceRequest', when: { status: ['active'], intent: ['order'] }, to: 'lab.ordered' },
];

const shared = {
  body: 'json',
  read: readFhir,
  fields: FIELDS.map(([name]) => name),
  carriesFields: false,
  kinds: KINDS,
  pairs: Object.keys(KINDS)
    .filter((kind) => kind !== 'patient')
    .map((kind) => ['patient', kind] as const),
  defaults: DEFAULTS,
} as const;

/** Any server of FHIR R4 with its rest-hook: it sends the token of its subscription's header. */
export const fhir: VendorModule = { title: 'FHIR R4', ...shared };

/**
 * Medplum signs with the secret of its subscription. What was deleted it names in a header alone, which it does not sign, beside an empty body: whoever
 * saw one such delivery could tell of any deletion, so none is ever believed.
 */
export const medplum: VendorModule = { title: 'Medplum', ...shared, read: readMedplum };

function readMedplum(delivery: Delivery): (VendorItem | RefusedItem)[] {
  return isMap(delivery.body) && Object.keys(delivery.body).length === 0 ? [] : readFhir(delivery);
}
