import { runStatement } from '../store/statement'; // planted: boundaries/dependencies
import type { Sender } from '../activities/port'; // planted: boundaries/dependencies
import type { Configuration } from '../api/config'; // planted: boundaries/dependencies

export type Known = Sender | Configuration;
export const known = runStatement;
