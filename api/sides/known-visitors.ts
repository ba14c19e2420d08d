import type { Database } from '../../store/database';
import { isVisitorOf } from '../../store/key-links';
import { isOutOfReach } from '../../store/out-of-reach';
import type { AskedKey } from '../decisions/asked-key';
import type { PhaseFlag } from '../decisions/find-flag';
import { VisitorLinks } from './visitor-links';

/** Visitors who are remembered to be a patient: those who are in the middle of a visit. */
const MOST = 100_000;

/** Which visitors are known to be which patient, so that their questions need not ask for it each time. A link never goes. */
export class KnownVisitors {
  private patients = new Map<string, string>();
  private readonly links: VisitorLinks;

  constructor(private readonly db: Database) {
    this.links = new VisitorLinks(db);
  }

  /** The key to ask by, where that is known without asking: the visitor's, who keeps the side that was heard; after a link, that is the patient's too. */
  known(flag: PhaseFlag, { visitor, unit, kind }: AskedKey): AskedKey | undefined {
    if (visitor === undefined) return { unit, kind };
    return this.patients.get(nameOf(flag, visitor)) === unit ? { unit: visitor, kind: 'visitor' } : undefined;
  }

  /** The key to ask by, where nobody can be asked whether the two are one: the visitor's, if what the visitor heard is remembered. */
  unlinked(asked: AskedKey, isRemembered: (unit: string) => boolean): AskedKey {
    const { visitor } = asked;
    return visitor !== undefined && isRemembered(visitor) ? { kind: 'visitor', unit: visitor } : asked;
  }

  /**
   * The key to ask by, once the two that were sent are linked; the patient's own, where the visitor is somebody else's already. undefined where the
   * database is out of reach.
   * @throws LinksBusy, ProcessesBehind, or the database's own error
   */
  async link(flag: PhaseFlag, asked: AskedKey): Promise<AskedKey | undefined> {
    const known = this.known(flag, asked);
    if (known !== undefined) return known;
    try {
      return await this.linkNow(flag, asked);
    } catch (error) {
      if (!isOutOfReach(error)) throw error;
      return undefined;
    }
  }

  private async linkNow(flag: PhaseFlag, { visitor, unit, kind }: AskedKey): Promise<AskedKey> {
    if (visitor === undefined) return { unit, kind };
    const { migration } = flag;
    // A link keeps placements waiting, so none is attempted that would be refused each time: a computer that two patients share.
    const theirs = await isVisitorOf(this.db, migration.id, { visitor, patient: unit });
    if (theirs === false) return { unit, kind };
    if (theirs === undefined) {
      const given = { kind: 'visitor', alias: visitor, unit } as const;
      const { outcome } = await this.links.link(migration, given);
      if (outcome === 'refused') return { unit, kind };
    }
    if (this.patients.size >= MOST) this.patients = new Map();
    this.patients.set(nameOf(flag, visitor), unit);
    return { unit: visitor, kind: 'visitor' };
  }
}

function nameOf({ migration }: PhaseFlag, visitor: string): string {
  return `${migration.id}/${visitor}`;
}
