import type { JourneyKind } from '../../domain/plan/journey';
import type { Side } from '../../domain/sides/side';
import type { Milliseconds } from '../../domain/time/duration';
import { compress } from '../../domain/time/time-scale';
import { PATIENT_HABITS as HABITS, type Habit } from '../journey/habits';
import { visitCookie, type JourneyCase } from '../journey/journey-case';
import type { JourneyNews } from '../journey/journey-service';
import type { SideDesk } from '../journey/side-desk';
import { linkIn } from '../stacks/journey/pages';
import type { TicketAbout } from '../stacks/journey/support-routes';
import { getPage, postJson, type Page } from './http-client';
import { between, seededRandom, type Random } from './seeded-random';

/** How a patient's way through the stacks ended. */
export const JOURNEY_ENDS = [
  'cameToPortal',
  'leftLanding',
  'leftIntake',
  'abandoned',
  'didNotPay',
  'declined',
  'refunded',
  'lockedOut',
  'leftPortal',
  'lost',
  'gaveUp',
  'noSide',
] as const;
export type JourneyEnd = (typeof JOURNEY_ENDS)[number];

export interface JourneyVisit {
  seed: string;
  timeScale: number;
  desk: SideDesk;
  stackUrls: Readonly<Record<Side, string>>;
  signal: AbortSignal;
  /** The first news that the stacks have for this patient. */
  news: Promise<JourneyNews>;
}

const MINUTE = 60_000;

/** Leaving by the way: thrown and caught here alone. */
class Leaves extends Error {
  constructor(readonly end: JourneyEnd) {
    super(end);
  }
}

/**
 * One patient's way: a visitor lands, clicks, fills in intake, pays, and comes to the portal once their order is on its way; who has a
 * subscription comes to the portal at once. Everything about them but their sides comes from the seed. Never throws.
 */
export async function goWholeWay(who: JourneyCase, visit: JourneyVisit): Promise<JourneyEnd> {
  const patient = new JourneyPatient(who, visit);
  try {
    if (who.attributes.relation !== 'existing') {
      await patient.land();
      await patient.fillIn();
      await patient.pay();
      const news = await patient.hear();
      if (news !== 'shipped') return news;
      await patient.wait(HABITS.comesToPortalAfter);
    }
    return await patient.usePortal();
  } catch (error) {
    if (error instanceof Leaves) return error.end;
    throw error;
  }
}

class JourneyPatient {
  private readonly random: Random;
  private readonly timeout: Milliseconds;

  constructor(
    private readonly who: JourneyCase,
    private readonly visit: JourneyVisit,
  ) {
    this.random = seededRandom(`${visit.seed} ${who.journey} habits`);
    // Some answers come when something has happened, which takes the plan's time.
    this.timeout = 10_000 + compress(30 * MINUTE, visit.timeScale);
  }

  async land(): Promise<void> {
    const site = await this.stackOf('frontDoor');
    const cookie = visitCookie(this.who);
    const landing = await this.look(() => `${site}/landing`, cookie);
    const start = linkIn(landing.text, 'start');
    // A page that is broken has no way on.
    if (landing.status !== 200 || start === undefined) throw new Leaves('leftLanding');
    const clicks = this.chance(HABITS.clicks);
    await this.wait(HABITS.reads);
    if (!clicks) throw new Leaves('leftLanding');
    const click = await this.look(() => `${site}${start}`, cookie);
    const { location } = click;
    if (click.status === 410) throw new Leaves('lost');
    if (location === undefined) throw new Leaves('leftLanding');
    const intake = await this.look((attempt) => (attempt === 1 ? location : `${location}&again=1`), cookie);
    if (intake.status === 410) throw new Leaves('lost');
    if (intake.status !== 200) throw new Leaves('leftIntake');
  }

  async fillIn(): Promise<void> {
    const intake = await this.stackOf('intake');
    const starts = this.chance(HABITS.starts);
    const submits = this.chance(HABITS.submits);
    await this.wait(HABITS.startsAfter);
    if (!starts) throw new Leaves('leftIntake');
    await this.post(intake, '/intake/starts');
    await this.wait(HABITS.fillsIn);
    if (!submits) {
      await this.post(intake, '/intake/abandonments');
      throw new Leaves('abandoned');
    }
    await this.post(intake, '/intake/submissions');
  }

  async pay(): Promise<void> {
    const pays = this.chance(HABITS.pays);
    const withdraws = this.chance(HABITS.withdraws);
    await this.wait(HABITS.paysAfter);
    if (!pays) throw new Leaves('didNotPay');
    const billing = await this.stackOf('payment');
    if ((await this.post(billing, '/billing/checkouts', { card: 1 })) === 402) {
      await this.wait(HABITS.triesAgainAfter);
      if ((await this.post(billing, '/billing/checkouts', { card: 2 })) === 402) throw new Leaves('declined');
    }
    if (withdraws) {
      await this.wait(HABITS.withdrawsAfter);
      // Too late is as if they had not: the case is with a provider, and goes its way.
      await postJson(`${billing}/billing/withdrawals`, { who: this.who }, this.timeout);
    } else if (this.chance(HABITS.opensTicket)) await this.openTicket(billing, 'other');
  }

  async hear(): Promise<JourneyNews | 'gaveUp'> {
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<'gaveUp'>((resolve) => {
      const longest = Math.min(2 ** 31 - 1, compress(HABITS.forgetsAfter, this.visit.timeScale));
      timer = setTimeout(resolve, longest, 'gaveUp').unref();
    });
    const heard = await Promise.race([this.visit.news, patience]);
    clearTimeout(timer);
    return heard;
  }

  async usePortal(): Promise<JourneyEnd> {
    const subscribed = this.who.attributes.relation === 'existing';
    const asks = this.chance(subscribed ? HABITS.asksForRefill : HABITS.asksForRefillAtOnce);
    const ticket = this.chance(HABITS.opensTicket);
    const complains = this.chance(HABITS.opensTicketLockedOut);
    // A number of its own: whoever says STOP does all else as before.
    const stops = seededRandom(`${this.visit.seed} ${this.who.journey} stop`)() < HABITS.saysStop;
    const portal = await this.stackOf('portalRefills');
    const status = await this.tryPost(portal, '/portal/logins');
    if (status === 410) {
      if (complains) await this.openTicket(portal, 'login');
      return 'lockedOut';
    }
    if (status === undefined) return 'gaveUp';
    if (status === 204) return 'leftPortal';
    await this.wait(HABITS.looksAround);
    const history = await this.tryPost(portal, '/portal/histories');
    if (history === undefined) return 'gaveUp';
    await this.wait(HABITS.looksAround);
    if (asks && history === 200) await this.post(portal, '/portal/refills');
    if (ticket) await this.openTicket(portal, 'other');
    if (stops) await this.post(portal, '/messaging/stops');
    return 'cameToPortal';
  }

  wait(habit: Habit): Promise<void> {
    const time = compress(between(this.random, ...habit), this.visit.timeScale);
    return new Promise((resolve) => setTimeout(resolve, Math.min(time, 2 ** 31 - 1)).unref());
  }

  private chance(odds: number): boolean {
    return this.random() < odds;
  }

  /** The stack of this patient's side in a part. */
  private async stackOf(part: JourneyKind): Promise<string> {
    const side = await this.visit.desk.tell(part, this.who, this.visit.signal);
    if (side === undefined) throw new Leaves('noSide');
    return this.visit.stackUrls[side];
  }

  private async openTicket(stackUrl: string, about: TicketAbout): Promise<void> {
    await postJson(`${stackUrl}/support/tickets`, { who: this.who, about }, this.timeout);
  }

  /** Looks at a page, again where the stack is out of order. */
  private async look(url: (attempt: number) => string, cookie: string): Promise<Page> {
    const page = await this.again(async (attempt) => {
      const seen = await getPage(url(attempt), cookie, this.timeout);
      return seen?.status === 503 ? undefined : seen;
    });
    if (page === undefined) throw new Leaves('gaveUp');
    return page;
  }

  private async post(stackUrl: string, path: string, more: object = {}): Promise<number> {
    const status = await this.tryPost(stackUrl, path, more);
    if (status === undefined) throw new Leaves('gaveUp');
    if (status === 410) throw new Leaves('lost');
    return status;
  }

  private tryPost(stackUrl: string, path: string, more: object = {}): Promise<number | undefined> {
    return this.again(() => postJson(`${stackUrl}${path}`, { who: this.who, ...more }, this.timeout));
  }

  private async again<Answer>(ask: (attempt: number) => Promise<Answer | undefined>): Promise<Answer | undefined> {
    for (let attempt = 1; ; attempt += 1) {
      const answer = await ask(attempt);
      if (answer !== undefined || attempt === HABITS.tries) return answer;
      await this.wait(HABITS.triesAgainAfter);
    }
  }
}
