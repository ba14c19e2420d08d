import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadPlan } from '../../../domain/plan/load-plan';
import { PlanOfOtherRelease } from '../../../domain/plan/stored-plan';
import { packageRoot } from '../../../platform/package-root';
import { getPlan, savePlan } from '../../../store/plans';
import { createTestDatabase, type TestDatabase } from '../../setup/test-database';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

describe('a plan of the store', () => {
  const source = readFileSync(join(packageRoot(), 'examples', 'telehealth.yaml'), 'utf8');
  const { plan, hash } = loadPlan(source);

  it('comes back as it was kept', async () => {
    await savePlan(database.db, { hash, plan, source });
    expect(await getPlan(database.db, hash)).toEqual(plan);
    expect(await getPlan(database.db, 'unknown')).toBeUndefined();
  });

  it('that was kept before the language had some parts comes back with their defaults', async () => {
    await database.db.query(
      `INSERT INTO plan (hash, document, source)
       SELECT 'earlier', (document - 'phasesLeftOut') #- '{queues,0,opensOn}' #- '{phases,0,closedBy}', source FROM plan WHERE hash = $1`,
      [hash],
    );
    const earlier = await getPlan(database.db, 'earlier');
    expect(earlier?.phasesLeftOut).toEqual({});
    expect(earlier?.queues[0]?.opensOn).toEqual([]);
    expect(earlier?.phases[0]?.closedBy).toEqual([]);
  });

  it('that lacks what has no default is refused by name', async () => {
    await database.db.query(
      `INSERT INTO plan (hash, document, source) SELECT 'lacking', document #- '{phases,1,soak}', source FROM plan WHERE hash = $1`,
      [hash],
    );
    await expect(getPlan(database.db, 'lacking')).rejects.toThrow(PlanOfOtherRelease);
    await expect(getPlan(database.db, 'lacking')).rejects.toThrow('phases[1].soak');
  });
});
