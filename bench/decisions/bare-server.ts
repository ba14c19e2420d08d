import { serveEvaluations } from './serve-evaluations';

/** Bare Node: whatever is asked, the answer is the same bytes. Arguments: the port, and the answer. */
const answer = Buffer.from(process.argv[3] ?? '{}');
serveEvaluations(() => answer);
