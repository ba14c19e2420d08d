import { generateLoad } from './generate-load';
import type { Load } from './load';

/** A process of its own that asks questions: each message is a Load, each answer a LoadResult, or what went wrong. */
process.on('message', (load: Load) => {
  generateLoad(load).then(
    (result) => process.send?.({ result }),
    (error: unknown) => process.send?.({ failure: error instanceof Error ? error.message : String(error) }),
  );
});

// It lives for as long as it may be asked.
process.channel?.ref();
