import type { Sender } from '../activities/port'; // planted: boundaries/dependencies
import { configuration } from '../api/config'; // planted: boundaries/dependencies
import { runStatement } from '../store/statement'; // planted: boundaries/dependencies

export type Reached = Sender;
export const reached = [configuration, runStatement];
