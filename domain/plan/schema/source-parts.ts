import { z } from 'zod';
import { expressionFault } from '../../hooks/expression';
import { identifier, lintAs } from './values';

/** By which a plan names where figures come from. */
export const sourceConnection = identifier.describe(
  'Name of a connection in the file HANDOFF_SOURCES_FILE of every worker, which holds its address and credentials; a plan never does.',
);

/** JSONata over an answer, in the part of it that cannot run without end. @param such what people are told to write */
export function expression(such: string) {
  return z
    .string({ error: `Write ${such}.` })
    .min(1, `Write ${such}.`)
    .superRefine((text, context) => {
      const fault = text === '' ? undefined : expressionFault(text);
      if (fault !== undefined) context.addIssue({ code: 'custom', message: fault, ...lintAs('WH451') });
    });
}

/** A figure of an answer. */
export const pick = expression('the path to a number of the answer, such as target.kept');
