import { DomainError } from '../domain-error';

/** A key cannot stand for itself. */
export class LinkToItself extends DomainError {
  readonly code = 'link-to-itself';
  readonly status = 400;
  constructor() {
    super("'alias' and 'unit' are the same key. Send the key that goes as alias, and the one that stays as unit.");
  }
}

/** A key stands for one other, and for no second one. */
export class LinkedElsewhere extends DomainError {
  readonly code = 'linked-elsewhere';
  readonly status = 409;
  constructor() {
    super(
      'This alias is linked to another key already, and stays so. Where both are one person, link those two keys; where they are not, somebody must look at the records.',
    );
  }
}

/** The key that should stay stands for the one that should go. */
export class LinkCycle extends DomainError {
  readonly code = 'link-cycle';
  readonly status = 409;
  constructor() {
    super(
      'This alias is what the unit stands for already, so the link would go in a circle. They are one person as it is; leave this link out.',
    );
  }
}

/** Two visitors of two patients cannot be one. */
export class VisitorsOfTwoPatients extends DomainError {
  readonly code = 'visitors-of-two-patients';
  readonly status = 409;
  constructor() {
    super(
      'These two visitors are linked to two patients. Link the patients first where they are one; else leave this link out.',
    );
  }
}

/** Which keys can be one person's: two of one kind, or a visitor and a patient. */
export class KindsNotLinked extends DomainError {
  readonly code = 'kinds-not-linked';
  readonly status = 400;
  constructor() {
    super('Link two keys of one kind, or a visitor to a patient. Other keys of a journey are known by its events.');
  }
}

/** A test unit's side is given by name, so it must stay nobody else's. */
export class TestUnitLinked extends DomainError {
  readonly code = 'test-unit-linked';
  readonly status = 409;
  constructor() {
    super("The plan names one of these keys under 'testUnits'. A test unit is never linked: leave it out.");
  }
}
