import { generateLoad } from './generate-load';
import type { Load } from './load';

/** A process of its own that asks questions: each message is loads to drive at the same time, each answer a LoadResult of each, or what went wrong. */
process.on('message', (loads: Load[]) => {
  Promise.all(loads.map(generateLoad)).then(
    (results) => process.send?.({ results }),
    (error: unknown) => process.send?.({ failure: error instanceof Error ? error.message : String(error) }),
  );
});

// It lives for as long as it may be asked.
process.channel?.ref();
