import { noteControlCheck } from '../../../store/control-check';
import { startTestApi, type TestApi } from './running-api';

describe("what an API's /metrics say of control", () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await startTestApi();
  });
  afterAll(() => api.stop());

  const lastWhole = async (): Promise<string | undefined> => {
    const response = await fetch(`${api.url}/metrics`);
    expect(response.status).toBe(200);
    return /^handoff_control_last_whole_timestamp_seconds\{[^}]*\} (.*)$/m.exec(await response.text())?.[1];
  };

  it('when a worker last found it whole, so that its loss is seen where no worker is left', async () => {
    expect(await lastWhole()).toBe('0');
    await noteControlCheck(api.db, true);
    const whole = Number(await lastWhole());
    expect(whole).toBeGreaterThan(0);
    await noteControlCheck(api.db, false);
    expect(Number(await lastWhole())).toBe(whole);
  });

  it('nothing, where nobody can know, and all the rest all the same', async () => {
    await api.db.query('ALTER TABLE control_check RENAME TO control_check_away');
    expect(await lastWhole()).toBeUndefined();
    await api.db.query('ALTER TABLE control_check_away RENAME TO control_check');
  });
});
