import fc from 'fast-check';
import { TEST_SEED } from './test-seed';

// Ahead of every test file. A property that names a seed of its own keeps it.
fc.configureGlobal({ seed: TEST_SEED });
