import { SidesOutOfReach } from '../decisions/evaluation-failure';

/**
 * Whether Postgres answers this process, by its last look. Where it does not, nobody's question is left waiting until a connection is given up:
 * whoever asks is told at once, and may ask another process.
 */
export class PostgresReach {
  private readonly waiting = new Set<() => void>();
  private lost = false;

  get isLost(): boolean {
    return this.lost;
  }

  regain(): void {
    this.lost = false;
  }

  /** Whoever waits is told. */
  lose(): void {
    this.lost = true;
    for (const giveUp of this.waiting) giveUp();
  }

  /**
   * The answer to what Postgres was asked. @throws SidesOutOfReach once Postgres is out of reach: what was asked may be carried out all the same
   */
  async answerTo<Answer>(asked: Promise<Answer>): Promise<Answer> {
    let giveUp = (): void => undefined;
    const lost = new Promise<never>((_resolve, reject) => {
      giveUp = () => {
        reject(new SidesOutOfReach());
      };
    });
    this.waiting.add(giveUp);
    try {
      return await Promise.race([asked, lost]);
    } finally {
      this.waiting.delete(giveUp);
    }
  }
}
