import { readFileSync } from 'node:fs';
import { z } from 'zod';
import type { SplitKey } from '../activities/traffic/traffic-router';
import { BadConfiguration } from '../platform/configuration';

const name = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.:-]{0,126}$/, 'Write the name as the HAProxy file has it.');

const socket = z
  .string()
  .regex(/^(unix:\/.+|tcp:.+:\d{1,5})$/, "Write a socket as 'unix:/run/haproxy/admin.sock' or 'tcp:10.0.0.4:9999'.")
  .transform((text) => {
    if (text.startsWith('unix:')) return { path: text.slice('unix:'.length) };
    const at = text.lastIndexOf(':');
    return { host: text.slice('tcp:'.length, at), port: Number(text.slice(at + 1)) };
  });

const haproxy = z.strictObject({
  sockets: z.array(socket).min(1).max(16),
  backend: name,
  legacy: name,
  target: name,
  stickiness: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('cookie') }),
    z.strictObject({ kind: z.literal('dynamicCookie') }),
    z.strictObject({ kind: z.literal('stickTable'), table: name }),
  ]),
});

const webhook = z.strictObject({
  url: z.url({ protocol: /^https?$/, error: 'Write a whole http or https address.' }),
});

const identifier = z.string().regex(/^[A-Za-z][A-Za-z0-9-]{0,127}$/, 'Write the id as the plan or the start has it.');

const schema = z.strictObject({
  routes: z
    .array(
      z
        .strictObject({
          migration: identifier,
          phase: identifier,
          cohort: identifier,
          haproxy: haproxy.optional(),
          webhook: webhook.optional(),
        })
        .refine((route) => (route.haproxy === undefined) !== (route.webhook === undefined), {
          message: "Give each route either 'haproxy' or 'webhook'.",
        }),
    )
    .max(1_000)
    .superRefine((routes, context) => {
      const seen = new Set<string>();
      for (const [index, { migration, phase, cohort, haproxy: proxy }] of routes.entries()) {
        const taken = [`${migration}/${phase}/${cohort}`];
        // Two splits that weigh the same two servers would undo each other for ever. One address may tell cohorts apart by their names.
        if (proxy !== undefined) taken.push(...proxy.sockets.map((at) => `${JSON.stringify(at)} ${proxy.backend}`));
        if (taken.some((one) => seen.has(one))) {
          context.addIssue({ code: 'custom', path: [index], message: 'Name each cohort once, and each backend once.' });
        }
        for (const one of taken) seen.add(one);
      }
    }),
});

export type RouteEntry = SplitKey & z.output<typeof schema>['routes'][number];

/** What routes which cohort outside. @throws BadConfiguration with every problem, none of which echoes the file */
export function readRoutesFile(path: string): RouteEntry[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    throw new BadConfiguration('worker', ['HANDOFF_ROUTES_FILE: The file cannot be read.']);
  }
  let read: unknown;
  try {
    read = JSON.parse(text);
  } catch {
    throw new BadConfiguration('worker', ['HANDOFF_ROUTES_FILE: The file is not JSON.']);
  }
  const parsed = schema.safeParse(read);
  if (parsed.success) return parsed.data.routes;
  throw new BadConfiguration(
    'worker',
    parsed.error.issues.map((issue) => `HANDOFF_ROUTES_FILE, ${issue.path.join('.') || 'the whole'}: ${issue.message}`),
  );
}
