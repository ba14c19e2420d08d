export interface Configuration {
  port: string | undefined;
}

export const configuration: Configuration = { port: process.env['HANDOFF_PORT'] };
