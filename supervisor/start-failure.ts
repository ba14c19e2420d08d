/** Why the system, or a part of it, cannot run here. The message says what was found and what to do about it. */
export abstract class StartFailure extends Error {
  /** Stable, for scripts. */
  abstract readonly code: string;

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}
