import { configuration } from '../api/config'; // planted: boundaries/dependencies
import { patients } from '../sandbox/patients'; // planted: boundaries/dependencies
import { start } from '../worker/start'; // planted: boundaries/dependencies

export const loaded = [configuration, patients, start];
