import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

/**
 * The folder of bodies of webhooks that vendors publish. They are not part of the repository: `HANDOFF_REAL_DATA` names the folder that holds
 * `vendor-events`, `../shared/data` beside the repository unless set. @throws Error saying what to do where it is not there
 */
function vendorFolder(vendor: string): string {
  const folder = process.env['HANDOFF_REAL_DATA'] ?? join(__dirname, '..', '..', '..', 'shared', 'data');
  return resolve(folder, 'vendor-events', vendor);
}

/** The text of one of a vendor's files, as it is. */
export function vendorText(vendor: string, file: string): string {
  try {
    return readFileSync(join(vendorFolder(vendor), file), 'utf8');
  } catch {
    throw new Error(
      `There is no ${vendor}/${file} in the folder vendor-events. Put the vendors' published payloads there, or set HANDOFF_REAL_DATA to ` +
        'the folder that holds vendor-events.',
    );
  }
}

export function vendorJson<Content>(vendor: string, file: string): Content {
  return JSON.parse(vendorText(vendor, file)) as Content;
}

/** The names of a vendor's files, in order. */
export function vendorFiles(vendor: string): string[] {
  return readdirSync(vendorFolder(vendor)).sort();
}
