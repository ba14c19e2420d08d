import { command } from '../cli/command'; // planted: boundaries/dependencies
import { patients } from '../sandbox/patients'; // planted: boundaries/dependencies
import { startSystem } from '../supervisor/start-system'; // planted: boundaries/dependencies
import { start } from '../worker/start'; // planted: boundaries/dependencies

export const processes = [command, patients, startSystem, start];
