import { send } from '../activities/sender'; // planted: boundaries/dependencies
import { configuration } from '../api/config'; // planted: boundaries/dependencies
import { command } from '../cli/command'; // planted: boundaries/dependencies
import { start } from '../worker/start'; // planted: boundaries/dependencies
import { phase } from '../workflows/phase'; // planted: boundaries/dependencies
import type { phase as Phase } from '../workflows/phase'; // planted: boundaries/dependencies

export type Callers = typeof Phase;
export const callers = [send, configuration, command, start, phase];
