import { send } from '../activities/sender'; // planted: boundaries/dependencies
import { runStatement } from '../store/statement'; // planted: boundaries/dependencies

export const known = [send, runStatement];
