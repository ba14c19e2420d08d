import { patients } from '../../sandbox/patients';
import { startSystem } from '../../supervisor/start-system';
import { command } from '../command';

export const rehearse = [patients, startSystem, command];
