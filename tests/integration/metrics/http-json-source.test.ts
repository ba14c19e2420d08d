import { HttpJsonSource } from '../../../adapters/metrics/http-json-source';
import type { GateSource } from '../../../domain/plan/plan-schema';
import { itIsASourceForGates, OWN_WORDS, type Fault, type RunningGateSource } from './gate-source-conformance';
import { startGateWorld, type GateWorld } from './gate-world';
import { ReportService, type Report } from './report-service';

type HttpGateSource = Extract<GateSource, { kind: 'http' }>;

const SOURCE: HttpGateSource = {
  ...{ kind: 'http', connection: 'reports', path: '/v1/outcomes' },
  target: { kept: 'sides[side = "target"].kept', total: 'sides[side = "target"].seen' },
  legacy: { kept: 'sides[side = "legacy"].kept', total: 'sides[side = "legacy"].seen' },
  ...{ asOf: 'asOf', staleAfter: 600_000 },
};

const kept = (value: unknown) => (report: Report) => ({
  ...report,
  sides: report.sides.map((one) => ({ ...one, kept: value })),
});
const asOf = (offset: number) => (report: Report) => ({ ...report, asOf: new Date(Date.now() + offset).toISOString() });
const HOUR = 3_600_000;

const BROUGHT: Partial<Record<Fault, (service: ReportService) => void | Promise<void>>> = {
  'gives null': (service) => {
    service.change(kept(null));
  },
  'gives nothing at all': (service) => {
    service.change((report) => ({ ...report, sides: [] }));
  },
  'gives several where one is meant': (service) => {
    service.change((report) => ({ ...report, sides: [...report.sides, ...report.sides] }));
  },
  'has old figures': (service) => {
    service.change(asOf(-11 * 60_000));
  },
  'has figures of the future': (service) => {
    service.change(asOf(2 * 60_000));
  },
  'has a clock that is an hour ahead': (service) => {
    service.change(asOf(HOUR));
  },
  'gives text': (service) => {
    service.change(kept(OWN_WORDS));
  },
  'gives a fraction': (service) => {
    service.change(kept(0.5));
  },
  'gives a million rows': (service) => {
    service.change((report) => ({ ...report, sides: Array.from({ length: 1_000_000 }, () => report.sides[0]) }));
  },
  'gives a negative number': (service) => {
    service.change(kept(-1));
  },
  'gives more kept than there were': (service) => {
    service.change(kept(1_000));
  },
  'gives an infinite number': (service) => {
    service.answering = (_, response) => {
      response.end(`{"asOf":"${new Date().toISOString()}","sides":[{"side":"target","kept":1e400,"seen":1e400}]}`);
    };
  },
  'does not answer in time': (service) => {
    service.answering = () => undefined;
  },
  'is not there': (service) => service.stop(),
  'does not take the credentials': (service) => {
    service.answering = (_, response) => {
      service.send(response, { error: OWN_WORDS }, 401);
    };
  },
  fails: (service) => {
    service.answering = (request, response) => {
      service.send(response, service.reportFor(request), 503);
    };
  },
  'refuses the query': (service) => {
    service.answering = (_, response) => {
      service.send(response, { error: OWN_WORDS }, 400);
    };
  },
  'answers without end': (service) => {
    service.answering = (_, response) => {
      const more = (): boolean => response.write(' '.repeat(65_536), () => response.destroyed || more());
      more();
    };
  },
  'sends us elsewhere': (service) => {
    service.answering = (request, response) => {
      if (request.url?.startsWith('/elsewhere') === true) service.send(response, service.reportFor(request));
      else service.send(response, {}, 302, { location: '/elsewhere' });
    };
  },
  'answers in another language': (service) => {
    service.answering = (_, response) => {
      response.end(`<html>${OWN_WORDS}</html>`);
    };
  },
};

async function start(world: GateWorld): Promise<RunningGateSource> {
  const service = new ReportService();
  const url = await service.listen();
  let timeout = 10_000;
  return {
    read: () => world.read(() => new HttpJsonSource({ url, timeout }, SOURCE), SOURCE),
    add: (figures) => {
      service.add(figures);
      return Promise.resolve();
    },
    nextEpoch: () => world.nextEpoch(),
    bring: async (fault) => {
      const bring = BROUGHT[fault];
      if (bring === undefined) throw new Error(`Nothing brings it about: ${fault}`);
      await bring(service);
      if (fault === 'does not answer in time') timeout = 1_000;
    },
    stop: async () => {
      await service.stop().catch(() => undefined);
      await world.stop();
    },
  };
}

describe('figures in the JSON answer of an HTTP service', () => {
  itIsASourceForGates(async () => start(await startGateWorld()), {
    'gives NaN': 'JSON has none.',
    'has a clock that is an hour behind': 'What shows it is that its figures are old.',
    'answers in part': 'A body that breaks off is no JSON.',
  });

  const WINDOW = {
    ...{ migration: 'm', phase: 'payment', cohort: 'pilot states&x', gate: 'g' },
    ...{ since: new Date('2026-11-01T00:00:00Z'), now: new Date() },
  };

  it('tells the service what it is asked for, below the address of its connection, with its token and nothing else', async () => {
    const service = new ReportService();
    const url = await service.listen();
    try {
      await new HttpJsonSource({ url, token: 'of-the-environment', timeout: 10_000 }, SOURCE).count(WINDOW);
      const [asked] = service.asked;
      expect(asked?.url).toBe(
        '/reports/v1/outcomes?migration=m&phase=payment&cohort=pilot+states%26x&gate=g&since=2026-11-01T00%3A00%3A00.000Z',
      );
      expect(asked?.headers.authorization).toBe('Bearer of-the-environment');
      expect(asked?.method).toBe('GET');
    } finally {
      await service.stop();
    }
  });

  it('holds where an answer is made to keep an expression busy', async () => {
    const service = new ReportService();
    const url = await service.listen();
    try {
      service.change((report) => ({
        ...report,
        sides: Array.from({ length: 30_000 }, (_, n) => ({ side: n, kept: n })),
      }));
      const busy = { ...SOURCE, target: { ...SOURCE.target, kept: '$count(sides[kept in $$.sides.kept])' } };
      const answer = await new HttpJsonSource({ url, timeout: 5_000 }, busy).count(WINDOW);
      expect(answer.kind).toBe('sourceError');
    } finally {
      await service.stop();
    }
  });
});
