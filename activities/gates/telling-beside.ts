import type { Notice } from '../notify/notifier';

interface Telling {
  /** As it was first: a repetition with the same key says the same. */
  notice: Notice;
  state: 'due' | 'underWay' | 'told';
  /** Calls to let pass before the next attempt, and after the next failure. */
  rest: number;
  nextRest: number;
}

/** Calls between two attempts at most: about a minute of looks. */
const LONGEST_REST = 60;

/** Tells people beside the work of its caller: a receiver that is slow or away neither ends that work nor holds it up. */
export class TellingBeside {
  private readonly tellings = new Map<string, Telling>();

  constructor(
    private readonly send: (notice: Notice) => Promise<void>,
    private readonly onNotTold: (error: unknown) => void = () => undefined,
  ) {}

  /** To be called for as long as the notice stands. Each is told once; a failed attempt is repeated at later calls, ever more rarely. */
  tell(notice: Notice): void {
    const telling = this.tellings.get(notice.onceKey) ?? { notice, state: 'due', rest: 0, nextRest: 1 };
    this.tellings.set(notice.onceKey, telling);
    if (telling.state !== 'due') return;
    if (telling.rest > 0) telling.rest -= 1;
    else void this.attempt(telling);
  }

  private async attempt(telling: Telling): Promise<void> {
    telling.state = 'underWay';
    try {
      await this.send(telling.notice);
      telling.state = 'told';
    } catch (error) {
      telling.state = 'due';
      telling.rest = telling.nextRest;
      telling.nextRest = Math.min(telling.nextRest * 2, LONGEST_REST);
      this.onNotTold(error);
    }
  }
}
