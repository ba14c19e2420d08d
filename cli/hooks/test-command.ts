import { open } from 'node:fs/promises';
import { Option, type Command } from 'commander';
import { VENDOR_NAMES, type Vendor } from '../../domain/hooks/vendors';
import type { Plan, PlanHook } from '../../domain/plan/plan-schema';
import { CliFailure } from '../cli-failure';
import { EXIT } from '../exit-codes';
import { print, type CliIo, type JsonOption } from '../io';
import { jsonOption } from '../options';
import { goodPlan } from '../plan/good-plan';
import { triedScreen } from './tried-screen';
import { tryHook, tryVendor } from './try-payload';

/** As the API takes it. */
const LIMIT = 1024 * 1024;

interface TestOptions extends JsonOption {
  plan?: string;
  hook?: string;
  vendor?: Vendor;
}

/** `handoff hooks test`: what a payload becomes, offline. */
export function addHookTestCommand(hooks: Command, io: CliIo): void {
  hooks
    .command('test')
    .description(
      'show what a payload of a vendor becomes, without sending it: events, ids (masked), codes, and the names of what is dropped',
    )
    .argument('<file>', "the body as the vendor sends it; a form's fields may be given as JSON")
    .option(
      '--plan <file>',
      'the cutover plan with the hook; without one only what is understood of the payload is shown',
    )
    .option('--hook <id>', 'the hook of the plan; needed where several are of the vendor')
    .addOption(new Option('--vendor <vendor>', 'whose payload it is').choices(VENDOR_NAMES))
    .addOption(jsonOption())
    .action(async (file: string, options: TestOptions) => {
      const bytes = await readPayload(file);
      const events = await tried(io, options, bytes);
      print(io, options, { events }, (result) => triedScreen(result.events));
      const refused = events.filter(({ became }) => became === 'refused').length;
      if (refused > 0) {
        throw new CliFailure(
          'hook-refused',
          EXIT.refused,
          `Refused: ${refused} of ${events.length}. Nothing would be kept of them.`,
        );
      }
    });
}

async function tried(io: CliIo, options: TestOptions, bytes: Buffer): ReturnType<typeof tryHook> {
  if (options.plan !== undefined) {
    const { plan } = await goodPlan(io, options, options.plan);
    return tryHook(plan, chosenHook(plan, options), bytes, Date.now());
  }
  if (options.vendor === undefined) {
    throw new CliFailure('usage', EXIT.usage, "Say whose payload it is with '--vendor', or name a plan with '--plan'.");
  }
  return tryVendor(options.vendor, bytes);
}

function chosenHook(plan: Plan, { hook, vendor }: TestOptions): PlanHook {
  const all = plan.hooks ?? [];
  const fitting = all.filter(
    (one) => (hook === undefined || one.id === hook) && (vendor === undefined || one.vendor === vendor),
  );
  const [only, ...others] = fitting;
  if (only !== undefined && others.length === 0) return only;
  const named = (fitting.length === 0 ? all : fitting).map(({ id }) => id).join(', ');
  throw new CliFailure(
    'unknown-hook',
    EXIT.refused,
    all.length === 0
      ? 'The plan declares no hooks. Try the payload with --vendor alone, or declare one.'
      : `Name one hook with '--hook'. ${fitting.length === 0 ? 'The plan has' : 'These fit'}: ${named}.`,
  );
}

/** @throws CliFailure where it cannot be read, or is more than the API takes. The path may say more than should be shown: it is never echoed */
async function readPayload(path: string): Promise<Buffer> {
  let bytes: Buffer;
  try {
    const file = await open(path);
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(LIMIT + 1), 0, LIMIT + 1, 0);
      bytes = buffer.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  } catch {
    throw new CliFailure(
      'no-payload-file',
      EXIT.usage,
      "The payload's file cannot be read. Check the path, and that it is a file.",
    );
  }
  if (bytes.length > LIMIT) {
    throw new CliFailure(
      'hook-body-too-large',
      EXIT.refused,
      'The payload is over 1 MiB, which the API does not take.',
    );
  }
  return bytes;
}
