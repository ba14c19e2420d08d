import { namespaceAnswers } from '../../../supervisor/embedded-temporal';
import { createTestDatabase, testTemporalAddress } from '../../setup/test-database';

describe('the servers of a run of jest', () => {
  it('give each test a database of its own, with the schema and nobody else’s rows', async () => {
    const [one, other] = await Promise.all([createTestDatabase(), createTestDatabase()]);
    try {
      await one.db.query(`INSERT INTO plan (hash, document, source) VALUES ('h', '{}', '')`);
      expect((await one.db.query('SELECT FROM plan')).rowCount).toBe(1);
      expect((await other.db.query('SELECT FROM plan')).rowCount).toBe(0);
    } finally {
      await Promise.all([one.drop(), other.drop()]);
    }
  });

  it('include a Temporal server that answers', async () => {
    expect(await namespaceAnswers(testTemporalAddress())).toBe(true);
  });
});
