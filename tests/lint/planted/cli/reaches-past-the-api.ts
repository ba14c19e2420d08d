import { configuration } from '../api/config'; // planted: boundaries/dependencies
import { patients } from '../sandbox/patients'; // planted: boundaries/dependencies
import { runStatement } from '../store/statement'; // planted: boundaries/dependencies
import { startSystem } from '../supervisor/start-system'; // planted: boundaries/dependencies
import { start } from '../worker/start'; // planted: boundaries/dependencies

export const reached = [configuration, patients, runStatement, startSystem, start];
