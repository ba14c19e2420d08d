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

/** No change has this number. */
export class UnknownCrosswalkChange extends DomainError {
  readonly code = 'unknown-crosswalk-change';
  readonly status = 404;
  constructor() {
    super("Nobody asked for a change of this number. 'handoff crosswalk changes' lists what is asked for.");
  }
}

/** The same is asked for already. */
export class ChangeAsked extends DomainError {
  readonly code = 'change-asked';
  readonly status = 409;
  constructor() {
    super("Somebody asked for a change of this already. Decide that one first: 'handoff crosswalk changes' shows it.");
  }
}

/** It was decided before. */
export class ChangeDecided extends DomainError {
  readonly code = 'change-decided';
  readonly status = 409;
  constructor() {
    super('Somebody has decided this already; nothing was changed. Ask anew where it is still wanted.');
  }
}

/** Four eyes. */
export class ApprovedByAsker extends DomainError {
  readonly code = 'approved-by-asker';
  readonly status = 403;
  constructor() {
    super('Who asks for a merge or a split cannot agree to it. Let somebody else look.');
  }
}

/** What was asked for is not what would be done now. */
export class ChangeOutdated extends DomainError {
  readonly code = 'change-outdated';
  readonly status = 409;
  constructor() {
    super(
      'What this would touch has changed since it was asked for: keys were linked, or sides differ now that did not. Refuse it, look again, and ask anew.',
    );
  }
}

/** Nothing is held that could be filed. */
export class NothingHeld extends DomainError {
  readonly code = 'nothing-held';
  readonly status = 404;
  constructor() {
    super(
      "No event is held under this number, or names this id and waits for an episode. 'handoff crosswalk held' lists those that are held, and why.",
    );
  }
}

/** A held event belongs to an episode that is known. */
export class UnknownEpisode extends DomainError {
  readonly code = 'unknown-episode';
  readonly status = 404;
  constructor() {
    super(
      "No event of the migration is of this episode. Check the key: 'handoff patient' lists the episodes of a patient.",
    );
  }
}

/** Nobody's event goes to another patient's episode. */
export class EpisodeOfAnother extends DomainError {
  readonly code = 'episode-of-another-patient';
  readonly status = 409;
  constructor() {
    super(
      "This episode is another patient's than the event; nothing was filed. Where both are one person, ask to merge them ('handoff crosswalk merge'); where an id was linked wrongly, ask to split it off ('handoff crosswalk split').",
    );
  }
}

/** It is not the episode that is not known. */
export class NotForAnEpisode extends DomainError {
  readonly code = 'not-for-an-episode';
  readonly status = 409;
  constructor() {
    super(
      "It is not the episode that this event waits for. Of nobody's, link an id ('handoff link'); where it names two patients or two episodes, ask to merge them or to split an id off ('handoff crosswalk merge', 'handoff crosswalk split').",
    );
  }
}

/** What was held is held no longer. */
export class HeldNoLonger extends DomainError {
  readonly code = 'held-no-longer';
  readonly status = 409;
  constructor() {
    super(
      "This event is held no longer, and not by being filed under this episode; nothing was changed. 'handoff patient' shows where it is.",
    );
  }
}

/** There is nothing to merge or to split. */
export class NothingToChange extends DomainError {
  readonly code = 'nothing-to-change';
  readonly status = 409;
  constructor() {
    super("There is nothing to change: the two are one patient already, or the id is nobody's, or theirs already.");
  }
}

/** Two patients are one only when two people say so. */
export class MergeTakesTwo extends DomainError {
  readonly code = 'merge-takes-two';
  readonly status = 409;
  constructor() {
    super(
      "Both of these are patients whom something is known of. Ask to merge them ('handoff crosswalk merge'): somebody else has to agree.",
    );
  }
}
