import type { SemanticDefect } from './semantic-defect';

const FIVE_ROUND_THE_CLOCK = 'shifts: *round-the-clock';
const OFFICE = "shifts: [{ id: office, days: [mon, tue, wed, thu, fri], from: '09:00', to: '17:00' }]";

/** Teams that are not there, clocks that nobody can meet, and tasks in an order that does not work. */
export const PEOPLE_DEFECTS: readonly SemanticDefect[] = [
  {
    name: 'a queue that is due before its only shift begins',
    why: 'An urgent message of Friday night is overdue before anybody has come in.',
    edits: [['- id: clinical-operations', FIVE_ROUND_THE_CLOCK, OFFICE]],
    at: ['- id: clinical-urgent', 'sla: 15m'],
  },
  {
    name: 'a quarter of an hour by a team that nobody can reach',
    why: 'The case waits for somebody to look at the board.',
    edits: [['- id: clinical-urgent', 'owner: clinical-operations', 'owner: clinical-leadership']],
  },
  {
    name: 'a queue that holds more than its shift can work on',
    why: 'The hundred-and-twenty-first patient waits, and the board says that there is room.',
    edits: [['- id: intake-not-routed\n    owner', 'capacity: 80', 'capacity: 500']],
  },
  {
    name: 'a queue that nobody can work off at its volume',
    why: 'It fills faster than people close cases, until everybody is overdue.',
    edits: [['id: intake\n    kind: intake', 'unit: episode', 'unit: episode\n    volume: 30000']],
    at: ['- id: intake-not-routed\n    owner', 'capacity: 80'],
  },
  {
    name: 'a queue that nothing feeds',
    why: 'People watch an empty list while their cases land in another.',
    edits: [
      ['- id: record-mismatch # and', '    opensOn: [record.mismatched]\n', '    opensOn: []\n'],
      [
        'queue: record-mismatch\n    irreversible: []\n\n  # ── 3',
        'queue: record-mismatch',
        'queue: support-unanswered',
      ],
      ['closedBy: [review.assigned, payment.refunded', 'queue: record-mismatch', 'queue: support-unanswered'],
      ['- { id: refills, event: refill.decided', 'queue: record-mismatch', 'queue: support-unanswered'],
    ],
    at: ['', '- id: record-mismatch # and'],
  },
  {
    name: 'one event opens a case in two queues',
    why: 'Two teams refund one charge.',
    edits: [['- id: unlinked-event\n', 'opensOn: [event.unlinked]', 'opensOn: [event.unlinked, charge.duplicated]']],
  },
  {
    name: 'an approval that nobody can give',
    why: 'The phase stops at half of the patients, and no person may let it go on.',
    edits: [
      [
        'id: payment\n    kind: payment',
        'goOn: { roles: [release-manager, clinical-lead]',
        'goOn: { roles: [automation]',
      ],
    ],
  },
  {
    name: 'a clinical phase that no clinician approves',
    why: 'Engineers decide that prescriptions go out from another stack.',
    edits: [
      [
        '- { id: refills, event: order.shipped',
        'goNoGo: { count: 2, roles: [release-manager, clinical-lead]',
        'goNoGo: { count: 2, roles: [release-manager, engineer]',
      ],
    ],
  },
  {
    name: 'an approval that is asked for again after months',
    why: 'A step waits at half of the patients, and nobody is reminded.',
    edits: [['closedBy: [review.assigned, payment.refunded', 'escalateAfter: 4h', 'escalateAfter: 90d']],
  },
  {
    name: 'prescribers of all states but one',
    why: 'Patients in Washington pay, and nobody may treat them.',
    edits: [['- id: prescribers\n', 'each: [state]', 'each: [state]\n    when: { state: [CA, FL, NY, TX] }']],
    at: ['- id: prescribers\n', 'when:'],
  },
  {
    name: 'prescribers that are counted over all states',
    why: 'Two in California are enough for everybody, by this plan.',
    edits: [['- id: prescribers\n', 'each: [state]', 'each: [program]']],
  },
  {
    name: 'prescribers of a phase that needs none',
    why: 'Provider routing starts with nobody there.',
    edits: [['- id: prescribers\n', 'phase: provider-routing', 'phase: front-door']],
    at: ['', 'coverage:'],
  },
  {
    name: 'tasks that need each other',
    why: 'Neither is ever begun, and day 0 comes.',
    edits: [
      [
        '- id: senders\n',
        '    evidence: Delivery reports\n',
        '    evidence: Delivery reports\n    needs: [patients-told]\n',
      ],
    ],
    at: ['- id: senders\n', 'needs:'],
  },
  {
    name: 'a task before what it needs',
    why: 'Notices go out from senders that are not warmed up, into the spam folder.',
    edits: [['- id: notices', 'day: -30', 'day: -50']],
    at: ['- id: notices', 'needs:'],
  },
  {
    name: 'a go or no-go after the first step',
    why: 'Patients are on target while people still ask whether to begin.',
    edits: [
      ['- id: go-no-go', "day: 0\n    at: '08:30'", 'day: 1'],
      ['- id: first-ten\n', '    needs: [go-no-go]\n', ''],
    ],
  },
  {
    name: 'a calendar that never opens',
    why: 'The phase starts and can take no step, with patients on both stacks.',
    edits: [['- id: payment-days', 'lastDaysOfMonth: 5', 'lastDaysOfMonth: 31']],
  },
  {
    name: 'a closure that ends before it begins',
    why: 'The split rises on the morning of a holiday.',
    edits: [['- id: payment-days', 'from: 2027-12-15, to: 2028-01-05', 'from: 2027-12-15, to: 2027-01-05']],
  },
  {
    name: 'steps that are taken at night',
    why: 'The first patients meet a fault while everybody sleeps.',
    edits: [['- id: release-hours', "from: '09:00', to: '15:00'", "from: '21:00', to: '03:00'"]],
  },
];
