import { derivedId, foundIds, item, kindName, notOfVendor, requireMap } from '../item-parts';
import { Payload, type PayloadPath } from '../payload';
import type { VendorModule } from '../vendor-item';

const TITLE = 'Healthie';

const KINDS: VendorModule['kinds'] = {
  user: 'patient',
  appointment: 'episode',
  'form-answer-group': 'episode',
  'generated-form-answer-group': 'episode',
  'lab-order': 'episode',
  'lab-result': 'episode',
  prescription: 'episode',
  'requested-payment': 'episode',
  'billing-item': 'episode',
  'care-plan': 'episode',
  'super-bill': 'episode',
  document: 'episode',
  note: 'episode',
  conversation: 'episode',
};

/** Of what is no patient's: nothing of it is an id of one. */
const NOBODYS = new Set([
  ...['Availability', 'CustomModuleForm', 'CustomModule', 'NoteScheduler', 'GoalTemplate', 'FeatureToggle', 'Location'],
  ...['OrganizationInfo', 'OrganizationMember', 'OrganizationMembership', 'ReferringPhysician', 'ExternalCalendar'],
  ...['AcceptedInsurancePlan', 'Test', 'NotificationSetting', 'FolderSharing', 'Course'],
]);

/**
 * Healthie's thin events: which resource it was, and the names of the fields that changed. They have no id and no time of their own: the same payload
 * is the same event, and it counts from when it is received. Source: Healthie's documentation, Webhooks.
 */
export const healthie: VendorModule = {
  title: TITLE,
  body: 'json',
  read: ({ body, bodyDigest }) => {
    const payload = new Payload(body);
    requireMap(payload, TITLE);
    const type = payload.text('event_type');
    const resource = payload.text('resource_id_type');
    const id = payload.text('resource_id');
    if (type === undefined || resource === undefined || id === undefined) throw notOfVendor(TITLE);
    const account = payload.text('resource_organization_id');
    const isPatient = resource === 'User' && type.startsWith('patient.');
    return [
      item({
        id: derivedId('healthie', bodyDigest),
        type,
        ...(account !== undefined && { account }),
        time: null,
        ids: foundIds(
          // Of two records that were merged, the one that is left.
          ['user', isPatient ? (payload.text('destination_user_id') ?? id) : payload.text('patient_id')],
          ...own(type, resource, id),
          ['appointment', payload.text('appointment_id')],
          ['form-answer-group', payload.text('form_answer_group_id')],
          ['lab-order', payload.text('lab_order_id')],
          ['requested-payment', payload.text('requested_payment_id')],
        ),
        fields: new Map<string, PayloadPath>([
          ['changedFields', ['changed_fields']],
          ['medicationStatus', ['medication_status']],
          ['prescriptionStatus', ['prescription_status']],
          ['resourceType', ['resource_id_type']],
        ]),
        payload,
      }),
    ];
  },
  fields: ['changedFields', 'medicationStatus', 'prescriptionStatus', 'resourceType'],
  carriesFields: false,
  kinds: KINDS,
  pairs: [
    ['user', 'appointment'],
    ['user', 'form-answer-group'],
    ['user', 'generated-form-answer-group'],
    ['user', 'lab-order'],
    ['user', 'lab-result'],
    ['user', 'prescription'],
    ['user', 'care-plan'],
    ['user', 'super-bill'],
    ['appointment', 'form-answer-group'],
    ['lab-order', 'lab-result'],
  ],
  defaults: [
    { from: 'appointment.created', to: 'appointment.booked' },
    { from: 'form_answer_group.created', to: 'intake.submitted' },
    { from: 'lab_order.created', to: 'lab.ordered' },
    { from: 'patient.created', to: 'chart.created' },
    { from: 'patient.updated' },
  ],
};

/** What it tells of: of a kind that we know, or the one that its type names, which the plan has; never of one that somebody has made up (R7). */
function own(type: string, resource: string, id: string): [kind: string, id: string][] {
  if (resource === 'User' || NOBODYS.has(resource)) return [];
  const kind = kindName(resource);
  const isOfType = kind === type.split('.')[0]?.replaceAll('_', '-');
  return isOfType || Object.hasOwn(KINDS, kind) ? [[kind, id]] : [];
}
