import { didYouMean } from '../closest-name';
import type { LintCode } from '../lint/lint-catalogue';
import { quoteName, type Finding, type PlanPath } from '../plan-problem';

/** The names that one list of the plan declares, to refer to. */
export class DeclaredNames {
  private readonly names: ReadonlySet<string>;
  /** Without every name, nobody can say that one is not declared. */
  private readonly complete: boolean;

  constructor(
    /** What a reference to one that is not there is found by. */
    private readonly code: LintCode,
    /** What one is called: `queue`. */
    private readonly noun: string,
    /** Where to declare one: `queues`. */
    private readonly where: string,
    names: readonly (string | undefined)[] | undefined,
    /** Whether a plan may declare none: then every reference to one is at fault. */
    mayBeNone = false,
  ) {
    this.names = new Set(names?.filter((name) => name !== undefined));
    this.complete = names !== undefined && (mayBeNone || names.length > 0) && !names.includes(undefined);
  }

  has(name: string): boolean {
    return this.names.has(name);
  }

  /** Finds fault with a reference to a name that is not declared. */
  *check(name: string | undefined, path: PlanPath, code: LintCode = this.code): Generator<Finding> {
    if (name === undefined || !this.complete || this.names.has(name)) return;
    yield { code, path, message: () => this.notThere(name) };
  }

  private notThere(name: string): string {
    const meant = didYouMean(name, this.names);
    const advice = meant === '' ? ` Declare it under '${this.where}', or name one that is there.` : meant;
    return `There is no ${this.noun} ${quoteName(name)}.${advice}`;
  }
}
