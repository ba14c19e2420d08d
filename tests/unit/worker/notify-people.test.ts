import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Channel } from '../../../activities/notify/channel';
import type { Notice } from '../../../activities/notify/notifier';
import { BadConfiguration } from '../../../platform/configuration';
import { readChannelsFile } from '../../../worker/channels-file';
import { channelsFor } from '../../../worker/notify-people';

function channel(name: string, kind: Channel['kind']): Channel {
  return { name, kind, deliver: () => Promise.resolve() };
}

const LOG = channel('log', 'log');
const DECLARED = [
  { teams: ['care'], channel: channel('care-pager', 'pager') },
  { teams: ['care'], channel: channel('care-chat', 'chat') },
  { teams: undefined, channel: channel('everybody', 'mail') },
];

function goesTo(notice: Partial<Notice>, declared = DECLARED, everything: Channel[] = []): string[] {
  return channelsFor(declared, everything, LOG)(notice as Notice).map(({ name }) => name);
}

describe('where a notice goes', () => {
  it.each<[string, Partial<Notice>, string[]]>([
    ['by all that lead to its team', { team: 'care' }, ['care-pager', 'care-chat']],
    ['by the kinds that the plan names', { team: 'care', kinds: ['chat', 'mail'] }, ['care-chat']],
    [
      'by all that lead there, where none is of those kinds',
      { team: 'care', kinds: ['mail'] },
      ['care-pager', 'care-chat'],
    ],
    ['where everybody looks, for a team that nothing leads to', { team: 'billing', kinds: ['pager'] }, ['everybody']],
    ['where everybody looks, when it is for no team', {}, ['everybody']],
  ])('is %s', (_, notice, names) => {
    expect(goesTo(notice)).toEqual(names);
  });

  it('is never nowhere', () => {
    expect(goesTo({ team: 'care' }, [])).toEqual(['log']);
    expect(goesTo({ team: 'billing' }, DECLARED.slice(0, 2))).toEqual(['log']);
  });

  it('is the receiver of everything as well', () => {
    expect(goesTo({ team: 'care', kinds: ['chat'] }, DECLARED, [channel('hook', 'webhook')])).toEqual([
      'care-chat',
      'hook',
    ]);
  });
});

describe('the file of channels', () => {
  const folder = mkdtempSync(join(tmpdir(), 'channels-'));
  const path = join(folder, 'channels.json');
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });
  const environment = {
    KEY: 'routing-key-of-ours',
    CHAT: 'https://chat.example/secret-of-ours',
    SMTP: 'smtp://user:secret-of-ours@mail.example:587',
    OWN: 'https://own.example/secret-of-ours',
    OWN_SECRET: 'secret-of-ours-and-theirs',
  };
  const read = (channels: object[], env: Record<string, string> = environment): unknown => {
    writeFileSync(path, JSON.stringify({ channels }));
    return readChannelsFile(path, env).channels;
  };

  it('takes addresses and secrets from the environment', () => {
    expect(
      read([
        { name: 'a', kind: 'pager', keyFrom: 'KEY', teams: ['care'] },
        { name: 'b', kind: 'chat', urlFrom: 'CHAT' },
        { name: 'c', kind: 'mail', urlFrom: 'SMTP', from: 'Us <us@mail.example>', to: ['desk@mail.example'] },
        { name: 'd', kind: 'webhook', urlFrom: 'OWN', secretFrom: 'OWN_SECRET' },
      ]),
    ).toMatchObject([
      { kind: 'pager', url: 'https://events.pagerduty.com/v2/enqueue', routingKey: environment.KEY, teams: ['care'] },
      { kind: 'chat', url: environment.CHAT },
      { kind: 'mail', url: environment.SMTP },
      { kind: 'webhook', url: environment.OWN, secret: environment.OWN_SECRET },
    ]);
  });

  it('says where systems take commands, by migration, once for each', () => {
    const commands = [
      { migration: 'spring', system: 'chart', urlFrom: 'OWN', secretFrom: 'OWN_SECRET' },
      { migration: 'rehearsal', system: 'chart', urlFrom: 'CHAT', secretFrom: 'OWN_SECRET' },
    ];
    const readCommands = (entries: object[]): unknown => {
      writeFileSync(path, JSON.stringify({ commands: entries }));
      return readChannelsFile(path, environment);
    };
    expect(readCommands(commands)).toEqual({
      channels: [],
      commands: [
        { migration: 'spring', system: 'chart', url: environment.OWN, secret: environment.OWN_SECRET },
        { migration: 'rehearsal', system: 'chart', url: environment.CHAT, secret: environment.OWN_SECRET },
      ],
    });
    expect(() => readCommands([...commands, ...commands])).toThrow(BadConfiguration);
    expect(() => readCommands([{ ...commands[0], secretFrom: 'NOT_THERE' }])).toThrow(BadConfiguration);
    expect(() => readCommands([{ system: 'chart', urlFrom: 'OWN', secretFrom: 'OWN_SECRET' }])).toThrow(
      BadConfiguration,
    );
  });

  it('says all that is wrong with it at once, and no value of the environment', () => {
    const wrong = [
      { name: 'a', kind: 'pager', keyFrom: 'NOT_THERE' },
      { name: 'b', kind: 'chat', urlFrom: 'SMTP' },
      { name: 'c', kind: 'webhook', urlFrom: 'OWN', secretFrom: 'SHORT' },
    ];
    let refused: unknown;
    try {
      read(wrong, { ...environment, SHORT: 'secret-of' });
    } catch (error) {
      refused = error;
    }
    expect(refused).toBeInstanceOf(BadConfiguration);
    expect((refused as BadConfiguration).problems).toHaveLength(3);
    expect(String(refused)).not.toMatch(/secret-of|example/);
  });

  it.each([
    [[{ name: 'a', kind: 'fax', urlFrom: 'CHAT' }]],
    [
      [
        { name: 'a', kind: 'chat', urlFrom: 'CHAT' },
        { name: 'a', kind: 'chat', urlFrom: 'CHAT' },
      ],
    ],
    [[{ name: 'a', kind: 'mail', urlFrom: 'SMTP', from: 'us@mail.example\r\nBcc: x@y.example', to: ['a@b.example'] }]],
    [[{ name: 'a', kind: 'chat', url: 'https://chat.example/secret-of-ours' }]],
  ])('is refused where it cannot be meant: %#', (channels) => {
    expect(() => read(channels)).toThrow(BadConfiguration);
  });
});
