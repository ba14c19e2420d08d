import { request as httpRequest } from 'node:http';
import { until } from '../../setup/until';
import { startTestApi } from './running-api';

describe('the end of the API', () => {
  it('lets a request under way have its answer, and takes no new one meanwhile', async () => {
    const api = await startTestApi();
    try {
      const answered = new Promise<number>((resolve, reject) => {
        const slow = httpRequest(
          `${api.url}/v1/plans/lint`,
          {
            method: 'POST',
            headers: {
              Authorization: `Bearer ${api.tokens['engineer-1']}`,
              'Content-Type': 'text/yaml',
              'Transfer-Encoding': 'chunked',
            },
          },
          (response) => {
            response.resume();
            resolve(response.statusCode ?? 0);
          },
        );
        slow.on('error', reject);
        slow.on('socket', (socket) => {
          socket.once('connect', () => {
            slow.write('apiVersion: ');
            void endWhileDraining(() => slow.end('warm-handoff/v9'));
          });
        });
      });
      let stopped = false;
      const endWhileDraining = async (end: () => void): Promise<void> => {
        await until('the request is under way', () => fetch(`${api.url}/healthz`).then(({ ok }) => ok));
        void api.stopApi().then(() => (stopped = true));
        await until('no new request is taken', () =>
          fetch(`${api.url}/healthz`).then(
            () => false,
            () => true,
          ),
        );
        expect(stopped).toBe(false);
        end();
      };
      expect(await answered).toBe(400);
      await until('the API has stopped', () => stopped);
    } finally {
      await api.stop();
    }
  });

  it('leaves no connection to Postgres behind', async () => {
    const api = await startTestApi();
    try {
      const connections = async (): Promise<string[]> => {
        const { rows } = await api.db.query<{ name: string }>(
          `SELECT application_name AS name FROM pg_stat_activity
            WHERE datname = current_database() AND pid <> pg_backend_pid() AND application_name LIKE 'api%' ORDER BY 1`,
        );
        return rows.map(({ name }) => name);
      };
      await until('it looks for changes of sides', async () => (await connections()).includes('api-sides'));
      await api.stopApi();
      await until('they are gone', async () => (await connections()).length === 0);
    } finally {
      await api.stop();
    }
  });
});
