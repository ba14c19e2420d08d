import { DomainError } from '../domain-error';

/** What was sent may be no id of a vendor. */
export class NoVendorId extends DomainError {
  readonly code = 'no-vendor-id';
  readonly status = 400;
  constructor(where: string) {
    super(
      `${where} is no id of a vendor. Name one of the plan's systems, what the vendor calls the id, and the id itself: never a name, an email address or a phone number, which people share. The value received was not kept.`,
    );
  }
}

/** Nobody has told of this id. */
export class UnknownVendorId extends DomainError {
  readonly code = 'unknown-vendor-id';
  readonly status = 404;
  constructor() {
    super(
      "Nothing has come with this id yet. Check the system that it is from; link it with 'handoff link' where you know whose it is.",
    );
  }
}

/** One id of a vendor's stands for several things, of different patients. */
export class SeveralKinds extends DomainError {
  readonly code = 'several-kinds';
  readonly status = 409;
  constructor(kinds: readonly string[]) {
    super(`This system has the id for several things, of different patients. Name the kind: ${kinds.join(', ')}.`);
  }
}

/** None of the keys is known. */
export class UnknownKey extends DomainError {
  readonly code = 'unknown-key';
  readonly status = 404;
  constructor() {
    super('Nothing is known of this key in the migration: no event, no side and no id of a vendor.');
  }
}

/** An id is one patient's. */
export class VendorIdLinkedElsewhere extends DomainError {
  readonly code = 'vendor-id-linked-elsewhere';
  readonly status = 409;
  constructor() {
    super(
      "This id is linked to another key already, and stays so. Where both are one person, ask to merge the two ('handoff crosswalk merge'); where it was linked wrongly, ask to split it off ('handoff crosswalk split'). Both take two people.",
    );
  }
}
