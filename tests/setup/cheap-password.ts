import { Client } from 'pg';

/** Of a test's Postgres: checking a password costs each of thousands of connections some milliseconds, here and there. */
export const CHEAP_PASSWORDS = { scram_iterations: '1' };

/** Has the administrator's password written down anew, with as few rounds as the setting says. */
export async function cheapenPassword(administrator: URL): Promise<void> {
  const client = new Client({ connectionString: administrator.href });
  await client.connect();
  try {
    const [role, password] = [
      client.escapeIdentifier(administrator.username),
      client.escapeLiteral(administrator.password),
    ];
    await client.query(`ALTER ROLE ${role} PASSWORD ${password}`);
  } finally {
    await client.end();
  }
}
