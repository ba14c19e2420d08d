import { env } from 'node:process'; // planted: no-restricted-imports

export const port = process.env['HANDOFF_PORT']; // planted: no-restricted-properties
export const { env: everything } = process; // planted: no-restricted-properties
export const host = env['HANDOFF_HOST'];
