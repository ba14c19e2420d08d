import { EventContract } from '../../../domain/events/event-contract';
import { HookTranslator, type Translated, type TranslatedItem } from '../../../domain/hooks/hook-translator';
import { VENDOR_NAMES, VENDORS, type Vendor } from '../../../domain/hooks/vendors';
import { loadPlan } from '../../../domain/plan/load-plan';
import type { Plan } from '../../../domain/plan/plan-schema';
import { vendorPayloads } from '../../fixtures/vendor-payloads';
import { edit, TELEHEALTH } from '../plan/plan-texts';

const NOW = Date.parse('2027-03-01T10:00:00Z');
const KEYS = { patient: 'pat_0123456789abcdef', episode: 'ep_0123456789abcdef' };
const HOOKS = TELEHEALTH.slice(TELEHEALTH.indexOf('\nhooks:\n'), TELEHEALTH.indexOf('# ── What must follow what'));

/** The example with these hooks in place of its own. */
function planWith(hooks: string): Plan {
  return loadPlan(edit(TELEHEALTH, HOOKS, `\nhooks:\n${hooks}\n`)).plan;
}

function translatorOf(hooks: string, id: string): HookTranslator {
  const plan = planWith(hooks);
  const hook = plan.hooks?.find((one) => one.id === id);
  if (hook === undefined) throw new Error('There is no such hook.');
  return new HookTranslator(hook, plan, new EventContract(plan));
}

const hookOf = (vendor: string, rest = ''): string =>
  `  - id: one\n    vendor: ${vendor}\n    system: target-billing\n    secrets: [ONE]\n${rest}`;

async function translate(translator: HookTranslator, body: unknown, now = NOW): Promise<TranslatedItem> {
  const delivery = { body, query: {}, bodyDigest: 'd' };
  const [first, ...others] = await translator.translate(delivery, now);
  if (first === undefined || others.length > 0) throw new Error('Not one item was read.');
  return first;
}

const becomes = async (translator: HookTranslator, body: unknown, now = NOW): Promise<Translated> =>
  (await translate(translator, body, now)).translated;

const intent = (rest: object = {}, type = 'payment_intent.succeeded', created = NOW / 1_000): object => ({
  ...{ id: 'evt_1', object: 'event', type, created, account: 'acct_1' },
  data: {
    object: {
      ...{ id: 'pi_1', object: 'payment_intent', status: 'succeeded', customer: 'cus_1', description: 'Acne, severe' },
      metadata: { ...KEYS, program: 'weight', state: 'CA' },
      ...rest,
    },
  },
});

describe('what becomes of what a vendor reports', () => {
  const stripe = translatorOf(hookOf('stripe'), 'one');

  it('is an event of the plan, with its time, ids, keys and codes, and nothing else (R7)', async () => {
    const { translated, dropped } = await translate(stripe, intent());
    expect(translated).toEqual({
      became: 'events',
      type: 'payment_intent.succeeded',
      events: [
        {
          source: '/target/billing',
          id: 'evt_1',
          type: 'payment.succeeded',
          time: NOW,
          data: { program: 'weight', state: 'CA' },
          ids: [
            { vendor: 'target-billing', kind: 'customer', id: 'cus_1', names: 'patient' },
            { vendor: 'target-billing', kind: 'payment-intent', id: 'pi_1', names: 'episode' },
          ],
          pairs: [['customer', 'payment-intent']],
          keys: KEYS,
        },
      ],
    });
    expect(dropped).toEqual(['data.object.description']);
  });

  it('is counted as unknown where the plan says nothing of its type', async () => {
    expect(await becomes(stripe, intent({}, 'price.created'))).toEqual({ became: 'unknown', type: 'price.created' });
  });

  it('is refused where it contradicts itself, is ahead of time, or lacks what the plan requires', async () => {
    const code = async (body: object): Promise<unknown> => {
      const translated = await becomes(stripe, body);
      return translated.became === 'refused' ? translated.refusal.code : translated.became;
    };
    expect(await code(intent({ status: 'requires_payment_method' }))).toBe('hook-contradicts-itself');
    expect(await code(intent({}, 'payment_intent.succeeded', NOW / 1_000 + 301))).toBe('event-from-the-future');
    expect(await code(intent({}, 'payment_intent.succeeded', NOW / 1_000 + 299))).toBe('events');
    expect(await code(intent({ metadata: { ...KEYS, program: 'weight' } }))).toBe('hook-field-missing');
    expect(await code(intent({ metadata: { ...KEYS, program: 'weight', state: 'California' } }))).toBe(
      'hook-field-missing',
    );
    expect(await code({ ...intent(), created: 'yesterday' })).toBe('hook-bad-time');
    expect(await code({ ...intent(), id: 'jane@example.org' })).toBe('hook-event-without-id');
  });

  it('holds no word of a refused payload in what it says', async () => {
    for (const body of [
      intent({ status: 'Jane' }),
      intent({ metadata: { program: 'Jane' } }),
      { ...intent(), id: 'Jane Roe' },
    ]) {
      expect(JSON.stringify(await translate(stripe, body))).not.toContain('Jane');
    }
  });

  it('is of one of the accounts that the hook declares', async () => {
    const rest = '    accounts: [acct_1]\n';
    expect((await becomes(translatorOf(hookOf('stripe', rest), 'one'), intent())).became).toBe('events');
    const other = translatorOf(hookOf('stripe', rest.replace('acct_1', 'acct_2')), 'one');
    expect(await becomes(other, intent())).toMatchObject({ refusal: { code: 'hook-other-account' } });
  });

  it('takes a table of codes at its word, and leaves out what is not in it', async () => {
    const events = `    events:
      - from: charge.refunded
        to: payment.refunded
        data: { reason: { from: data.object.metadata.why, codes: { 'Changed mind': withdrew } } }
`;
    const translator = translatorOf(hookOf('stripe', events), 'one');
    const refund = (why: string): object => intent({ object: 'charge', metadata: { why } }, 'charge.refunded');
    expect(await becomes(translator, refund('Changed mind'))).toMatchObject({
      events: [{ data: { reason: 'withdrew' } }],
    });
    expect(await becomes(translator, refund('constructor'))).toMatchObject({ refusal: { code: 'hook-field-missing' } });
  });

  it('takes conditions of any value, and says when none holds', async () => {
    const events = `    events:
      - from: invoice.paid
        when: [{ field: billingReason, oneOf: [subscription_cycle] }, { from: 'data.object.lines[0].kind', oneOf: [care] }]
        to: renewal.settled
`;
    const translator = translatorOf(hookOf('stripe', events), 'one');
    const paid = (billing_reason: string, kind: string): object =>
      intent({ object: 'invoice', status: 'paid', billing_reason, lines: [{ kind }] }, 'invoice.paid');
    expect((await becomes(translator, paid('subscription_cycle', 'care'))).became).toBe('events');
    expect((await becomes(translator, paid('subscription_create', 'care'))).became).toBe('unmet');
    expect((await becomes(translator, paid('subscription_cycle', 'goods'))).became).toBe('unmet');
  });

  it('gives each of several events of one an id of its own', async () => {
    const events = `    events:
      - { from: customer.subscription.deleted, to: subscription.cancelled }
      - { from: customer.subscription.deleted, to: patient.withdrew }
`;
    const translated = await becomes(
      translatorOf(hookOf('stripe', events), 'one'),
      intent({ object: 'subscription', status: 'canceled' }, 'customer.subscription.deleted'),
    );
    expect(translated).toMatchObject({
      events: [
        { id: 'evt_1~subscription.cancelled', type: 'subscription.cancelled' },
        { id: 'evt_1~patient.withdrew', type: 'patient.withdrew' },
      ],
    });
  });

  it('without an event of the plan only tells ids together', async () => {
    const translated = await becomes(stripe, intent({ object: 'customer', id: 'cus_1' }, 'customer.updated'));
    expect(translated).toMatchObject({ events: [{ type: null, data: {}, keys: KEYS }] });
  });
});

describe('what a system that is none of the vendors reports', () => {
  const lab = (payload: string, event = ''): HookTranslator =>
    translatorOf(
      hookOf(
        'other',
        `    signature: { kind: token }\n    payload: ${payload}\n    pairs: [[order, chart]]\n    events:\n      - from: ORDERED\n        to: lab.ordered\n${event}`,
      ),
      'one',
    );

  it('is read as its plan says, in JSONata', async () => {
    const translator = lab(
      "{ items: 'orders[active]', id: no, type: $uppercase(kind), time: at, account: lab }",
      '        keys: { patient: who.key, episode: visit }\n        ids: { order: { from: "\'o-\' & no", names: episode }, chart: { from: who.chart, names: patient } }\n',
    );
    const body = {
      orders: [
        { active: false, no: 'gone', kind: 'ordered' },
        {
          active: true,
          no: 17,
          kind: 'ordered',
          at: '2027-03-01T09:00:00Z',
          who: { key: KEYS.patient, chart: 'c1' },
          visit: KEYS.episode,
          note: 'x',
        },
      ],
    };
    expect(await translate(translator, body)).toEqual({
      translated: {
        became: 'events',
        type: 'ORDERED',
        events: [
          {
            source: '/target/billing',
            id: '17',
            type: 'lab.ordered',
            time: NOW - 3_600_000,
            data: {},
            ids: [
              { vendor: 'target-billing', kind: 'order', id: 'o-17', names: 'episode' },
              { vendor: 'target-billing', kind: 'chart', id: 'c1', names: 'patient' },
            ],
            pairs: [['order', 'chart']],
            keys: KEYS,
          },
        ],
      },
      dropped: ['active', 'note'],
    });
  });

  it.each([
    [1_772_359_200, 1_772_359_200_000],
    [1_772_359_200_000, 1_772_359_200_000],
    ['2026-03-01T10:00:00Z', 1_772_359_200_000],
    ['1772359200', 1_772_359_200_000],
  ])('has its time as %s', async (at, time) => {
    const translated = await becomes(lab('{ id: no, type: kind, time: at }'), { no: 1, kind: 'ORDERED', at });
    expect(translated).toMatchObject({ events: [{ time }] });
  });

  it.each(['soon', '', {}, true, -1, 'NaN'])('is refused where its time is none: %j', async (at) => {
    const translated = await becomes(lab('{ id: no, type: kind, time: at }'), { no: 1, kind: 'ORDERED', at });
    expect(translated).toMatchObject({ became: 'refused', refusal: { code: 'hook-bad-time' } });
  });

  it('is refused, and nothing of it repeated, where an expression fails on it', async () => {
    const failing = lab('{ id: $number(no), type: kind }');
    await expect(becomes(failing, { no: 'Jane', kind: 'ORDERED' })).rejects.toMatchObject({
      code: 'hook-expression-failed',
    });
    await expect(becomes(failing, { no: 'Jane', kind: 'ORDERED' })).rejects.not.toThrow('Jane');
  });

  it('cannot hold anybody up with a long list', async () => {
    const rows = Array.from({ length: 20_000 }, (_, no) => ({ no, kind: 'ORDERED' }));
    await expect(becomes(lab('{ items: rows, id: no, type: kind }'), { rows })).rejects.toMatchObject({
      code: expect.stringMatching(/^hook-(expression-failed|too-many-events)$/) as string,
    });
  });
});

describe('what vendors’ types usually mean', () => {
  const words = (): string => 'private words';
  const payloads = vendorPayloads({ ...KEYS, number: '4711', words, at: NOW });

  it.each(VENDOR_NAMES)('%s: every one is an event of the plan, or tells ids together', (vendor: Vendor) => {
    const plan = planWith(hookOf(vendor));
    const types = new Set(plan.events.map(({ type }) => type));
    const events = plan.hooks?.[0]?.events ?? [];
    expect(events.length).toBeGreaterThan(0);
    for (const { to } of events) if (to !== undefined) expect(types).toContain(to);
    const froms = VENDORS[vendor].defaults.map(({ from }) => from);
    expect(new Set(froms).size).toBe(froms.length);
  });

  it.each(VENDOR_NAMES)('%s: nobody’s words come through (R7)', async (vendor: Vendor) => {
    const translator = translatorOf(hookOf(vendor), 'one');
    for (const { body } of payloads[vendor]) {
      const delivery = { body, query: {}, bodyDigest: 'd' };
      expect(JSON.stringify(await translator.translate(delivery, NOW))).not.toContain('private');
    }
  });
});
