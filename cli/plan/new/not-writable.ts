import { CliFailure } from '../../cli-failure';
import { EXIT } from '../../exit-codes';

/** An answer that YAML, or a plan, has no way to say. */
export class NotWritable extends CliFailure {
  constructor() {
    super(
      'not-writable',
      EXIT.refused,
      'An answer has characters that a plan cannot carry. Write it in other characters.',
    );
  }
}
