import type { Plan } from '../../../domain/plan/plan-schema';

/** A good plan, of which pages are written. */
export interface PageSubject {
  plan: Plan;
  hash: string;
  /** When the migration is begun, where the pages are to say what happens on which day. */
  start?: Date;
  /** Another version of it, where they are to say what that would change. */
  other?: { plan: Plan; hash: string };
}

/** The first page of the folder. */
export const INDEX = 'README.md';

/** A file of the folder. */
export interface PageFile {
  name: string;
  text: string;
}

/** A page with the files that belong to it. */
export interface PlanPage {
  /** Its own file, such as `stack.md`. */
  file: string;
  title: string;
  /** What a reader finds there, for the index. */
  says: string;
  write(subject: PageSubject): Promise<PageFile[]> | PageFile[];
}
