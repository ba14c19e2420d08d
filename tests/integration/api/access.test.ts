import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import request from 'supertest';
import { until } from '../../setup/until';
import { actorEntry, startTestApi, type ActorId, type TestApi } from './running-api';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api.stop());

const READS = ['/v1/migrations', '/v1/migrations/some', '/v1/migrations/some/audit', '/v1/migrations/some/exceptions'];

describe('who may use the API', () => {
  it.each(['/healthz', '/readyz', '/metrics'])('answers %s without a token', async (path) => {
    expect((await request(api.url).get(path)).status).toBe(200);
  });

  it.each(READS)('asks for a token before it answers %s', async (path) => {
    const answer = await request(api.url).get(path);
    expect(answer.status).toBe(401);
    expect(answer.headers['www-authenticate']).toBe('Bearer');
    expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
    expect(answer.body).toMatchObject({ type: 'urn:warm-handoff:no-token', status: 401, code: 'no-token' });
  });

  it.each(['Bearer wrong', 'Bearer', 'Basic abc', `Bearer ${'x'.repeat(600)}`])('refuses %s', async (authorization) => {
    const answer = await request(api.url).get('/v1/migrations').set('Authorization', authorization);
    expect(answer.status).toBe(401);
    expect(['no-token', 'unknown-token']).toContain((answer.body as { code: string }).code);
  });

  it('refuses an actor whose own hash is sent as a token', async () => {
    const { tokenSha256 } = actorEntry('release-manager-1', api.tokens['release-manager-1']) as { tokenSha256: string };
    const answer = await request(api.url).get('/v1/migrations').set('Authorization', `Bearer ${tokenSha256}`);
    expect(answer.status).toBe(401);
  });

  it.each<[ActorId, number]>([
    ['release-manager-1', 200],
    ['engineer-1', 200],
    ['clinical-lead-1', 200],
    ['support-lead-1', 200],
    ['gate-automation', 200],
    ['sandbox-stacks', 403],
  ])('%s looks at migrations: %i', async (actor, status) => {
    expect((await api.as(actor).get('/v1/migrations')).status).toBe(status);
  });

  it.each<[ActorId, boolean]>([
    ['sandbox-stacks', true],
    ['gate-automation', true],
    ['release-manager-1', false],
    ['engineer-1', false],
  ])('%s may send events: %s', async (actor, may) => {
    const { status } = await api.as(actor).post('/v1/events', {});
    if (may) expect([400, 415]).toContain(status);
    else expect(status).toBe(403);
  });

  it.each<[string, ActorId[]]>([
    ['pause', ['release-manager-1', 'release-manager-2', 'engineer-1', 'clinical-lead-1', 'support-lead-1']],
    ['rollback', ['release-manager-1', 'release-manager-2', 'engineer-1', 'clinical-lead-1']],
    ['abort', ['release-manager-1', 'release-manager-2', 'engineer-1']],
  ])('lets only the roles that may %s get to it', async (command, allowed) => {
    for (const actor of Object.keys(api.tokens) as ActorId[]) {
      const answer = await api.as(actor).post(`/v1/migrations/none/phases/payment/${command}`, { scope: undefined });
      // 400 or 404: past the door.
      const expected = allowed.includes(actor) ? (command === 'rollback' ? 400 : 404) : 403;
      expect([actor, answer.status]).toEqual([actor, expected]);
      if (expected === 403) expect((answer.body as { code: string }).code).toBe('role-missing');
    }
  });

  it('starts migrations for release managers only', async () => {
    expect((await api.as('engineer-1').post('/v1/migrations')).status).toBe(403);
    expect((await api.as('release-manager-1').post('/v1/migrations')).status).toBe(400);
  });

  it('does not read the body of a stranger', async () => {
    const answer = await request(api.url).post('/v1/migrations').type('json').send('{ not json');
    expect(answer.status).toBe(401);
  });
});

describe('the actors file', () => {
  it('lets a new actor in and keeps a removed one out, without a restart; and stays as it was while the file is damaged', async () => {
    const own = await startTestApi();
    try {
      const list = (token: string): request.Test =>
        request(own.url).get('/v1/migrations').set('Authorization', `Bearer ${token}`);
      await writeFile(own.actorsFile, JSON.stringify({ actors: [actorEntry('engineer-9', 'the-new-token')] }));
      await until('the new token is known', async () => (await list('the-new-token')).status === 200);
      expect((await list(own.tokens['release-manager-1'])).status).toBe(401);

      await writeFile(own.actorsFile, '{ "actors": [');
      await until('the damaged file is seen', async () => {
        await list('the-new-token');
        return own.log().includes('the actors file changed and cannot be used');
      });
      expect((await list('the-new-token')).status).toBe(200);
    } finally {
      await own.stop();
    }
  });

  it.each([
    ['is no JSON', '{', 'not well-formed JSON'],
    ['names nobody', JSON.stringify({ actors: [] }), 'actors:'],
    [
      'gives a role that there is not',
      fileOf({ ...actorEntry('engineer-1', 'x'), roles: ['king'] }),
      'actors.0.roles.0:',
    ],
    ['names somebody twice', fileOf(actorEntry('engineer-1', 'x'), actorEntry('engineer-1', 'y')), 'an id of its own'],
  ])('keeps the API from starting where it %s', async (_what, content, message) => {
    const actorsFile = join(api.folder, 'damaged.json');
    await writeFile(actorsFile, content);
    await expect(startTestApi({ actorsFile })).rejects.toThrow(message);
  });
});

function fileOf(...actors: object[]): string {
  return JSON.stringify({ actors });
}
