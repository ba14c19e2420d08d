import { configuration } from '../api/config'; // planted: boundaries/dependencies
import { phase } from '../workflows/phase'; // planted: boundaries/dependencies

export const loaded = [configuration, phase];
