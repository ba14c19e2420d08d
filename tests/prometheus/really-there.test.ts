import { execFileSync } from 'node:child_process';
import { requirePrometheus, startPrometheus } from './running-prometheus';

describe('the program that this suite runs against', () => {
  it('is the real one', async () => {
    const prometheus = await startPrometheus();
    try {
      const answered = await fetch(`${prometheus.url}/api/v1/status/buildinfo`);
      const { data } = (await answered.json()) as { data: { version: string; goVersion: string } };
      expect(execFileSync('prometheus', ['--version'], { encoding: 'utf8' })).toContain(data.version);
      expect(data.goVersion).toMatch(/^go\d/);
    } finally {
      await prometheus.stop();
    }
  });

  it('is asked for where it is missing: nothing here is passed over', () => {
    expect(() => {
      requirePrometheus('no-prometheus-of-this-name');
    }).toThrow('apt-get install prometheus');
  });
});
