import { configure } from '../../../eslint.config.mjs';

export default configure(import.meta.dirname);
