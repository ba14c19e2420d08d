import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { BadConfiguration } from '../platform/configuration';

/** A channel as the file declares it, with what it names in the environment. */
export type ChannelEntry = {
  name: string;
  /** The teams of the plans that it leads to; undefined: whoever has none of their own, and what is for no team. */
  teams?: string[] | undefined;
} & (
  | { kind: 'pager'; url: string; routingKey: string }
  | { kind: 'chat'; url: string }
  | { kind: 'mail'; url: string; from: string; to: string[] }
  | { kind: 'webhook'; url: string; secret: string }
);

/** Where a system of a migration takes the commands that are sent to it again. */
export interface CommandEntry {
  migration: string;
  /** Of its plan. */
  system: string;
  url: string;
  secret: string;
}

export interface DeclaredChannels {
  channels: ChannelEntry[];
  commands: CommandEntry[];
}

const PAGER_URL = 'https://events.pagerduty.com/v2/enqueue';

const name = z.string().regex(/^[a-z][a-z0-9-]{0,62}$/, 'Write lower-case letters, digits and hyphens.');
const variable = z
  .string({ error: 'Name a variable of the environment.' })
  .regex(/^[A-Z][A-Z0-9_]{0,126}$/, 'Name a variable of the environment, in capitals.');
const httpUrl = z.url({ protocol: /^https?$/, error: 'Write a whole http or https address.' });
/** A name and an address, or an address alone; no line break, which would begin another header. */
const mailbox = z
  .string()
  .regex(/^[^\r\n<>]{0,100}<?[^\s<>@]+@[^\s<>@]+>?$/, "Write 'desk@example.com' or 'Desk <desk@example.com>'.");
const common = { name, teams: z.array(name).min(1).max(200).optional() };

const schema = z.strictObject({
  channels: z
    .array(
      z.discriminatedUnion('kind', [
        z.strictObject({
          ...common,
          kind: z.literal('pager'),
          url: httpUrl.default(PAGER_URL),
          /** Holds the integration's routing key. */
          keyFrom: variable,
        }),
        z.strictObject({ ...common, kind: z.literal('chat'), urlFrom: variable }),
        z.strictObject({
          ...common,
          kind: z.literal('mail'),
          urlFrom: variable,
          from: mailbox,
          to: z.array(mailbox).min(1).max(50),
        }),
        z.strictObject({ ...common, kind: z.literal('webhook'), urlFrom: variable, secretFrom: variable }),
      ]),
    )
    .min(1)
    .max(200)
    .superRefine((channels, context) => {
      const seen = new Set<string>();
      for (const [index, channel] of channels.entries()) {
        if (seen.has(channel.name)) {
          context.addIssue({ code: 'custom', path: [index, 'name'], message: 'Another channel has this name.' });
        }
        seen.add(channel.name);
      }
    })
    .optional(),
  commands: z
    .array(z.strictObject({ migration: name, system: name, urlFrom: variable, secretFrom: variable }))
    .min(1)
    .max(1_000)
    .superRefine((commands, context) => {
      const seen = new Set<string>();
      for (const [index, { migration, system }] of commands.entries()) {
        const one = `${migration}/${system}`;
        if (seen.has(one)) {
          context.addIssue({ code: 'custom', path: [index], message: 'Another entry is for this system.' });
        }
        seen.add(one);
      }
    })
    .optional(),
});

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Where people are told, each channel by name, and where systems take commands; with their secrets and addresses in the environment. @throws BadConfiguration with every problem,
 * none of which echoes the file or a value of the environment
 */
export function readChannelsFile(path: string, environment: Environment): DeclaredChannels {
  let read: unknown;
  try {
    read = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    const why = error instanceof SyntaxError ? 'is not JSON' : 'cannot be read';
    throw new BadConfiguration('worker', [`HANDOFF_CHANNELS_FILE: The file ${why}.`]);
  }
  const parsed = schema.safeParse(read);
  if (!parsed.success) {
    throw new BadConfiguration(
      'worker',
      parsed.error.issues.map(
        (issue) => `HANDOFF_CHANNELS_FILE, ${issue.path.join('.') || 'the whole'}: ${issue.message}`,
      ),
    );
  }
  const problems: string[] = [];
  const from = (variableName: string, shape: z.ZodType<string>): string => {
    const value = shape.safeParse(environment[variableName]);
    if (value.success) return value.data;
    problems.push(`${variableName}: ${value.error.issues[0]?.message ?? 'Set it.'}`);
    return '';
  };
  const url = httpUrl;
  const mailUrl = z.url({
    protocol: /^smtps?$/,
    error: 'Set it to smtp:// or smtps://, with user and password where needed.',
  });
  const secret = z.string({ error: 'Set it: what is sent is signed.' }).min(16, 'Give at least 16 characters.');
  const key = z.string({ error: 'Set it to the routing key.' }).min(8, 'Set it to the routing key.');
  const channels = (parsed.data.channels ?? []).map((channel): ChannelEntry => {
    const of = { name: channel.name, teams: channel.teams };
    switch (channel.kind) {
      case 'pager':
        return { ...of, kind: 'pager', url: channel.url, routingKey: from(channel.keyFrom, key) };
      case 'chat':
        return { ...of, kind: 'chat', url: from(channel.urlFrom, url) };
      case 'mail':
        return { ...of, kind: 'mail', url: from(channel.urlFrom, mailUrl), from: channel.from, to: channel.to };
      case 'webhook':
        return { ...of, kind: 'webhook', url: from(channel.urlFrom, url), secret: from(channel.secretFrom, secret) };
    }
  });
  const commands = (parsed.data.commands ?? []).map(({ migration, system, urlFrom, secretFrom }): CommandEntry => {
    return { migration, system, url: from(urlFrom, url), secret: from(secretFrom, secret) };
  });
  if (problems.length > 0) throw new BadConfiguration('worker', [...new Set(problems)]);
  return { channels, commands };
}
