import { configuration } from '../../api/config'; // planted: boundaries/dependencies
import { runStatement } from '../../store/statement'; // planted: boundaries/dependencies
import { start } from '../../worker/start'; // planted: boundaries/dependencies

export const reached = [configuration, runStatement, start];
