import type { KindEvent } from './kind-declaration';

/** What patients ask people, in any part of the journey. */
export const SUPPORT_EVENTS: readonly KindEvent[] = [{ type: 'support.ticketOpened' }, { type: 'support.answered' }];

/** What is found wrong with records, in any part of the journey. */
export const RECORD_EVENTS: readonly KindEvent[] = [{ type: 'record.duplicated' }, { type: 'record.mismatched' }];
