import type { Milliseconds } from '../../domain/time/duration';
import { kindWords, type Channel } from './channel';
import type { Notice } from './notifier';
import { postText } from './post-text';

export interface ChatOptions {
  name: string;
  /** The address of an incoming webhook, which is the credential too. */
  url: string;
  timeout?: Milliseconds;
}

/**
 * Posts each notice to an incoming webhook as Slack has them (`{ text }`), which many chats take. Its protocol has no key by which a repetition is
 * known: a crash between the arrival and the note of it says the same once more.
 */
export class ChatChannel implements Channel {
  readonly kind = 'chat';
  readonly name: string;

  constructor(private readonly options: ChatOptions) {
    this.name = options.name;
  }

  async deliver(notice: Notice): Promise<void> {
    // Who took what is of no news to a room.
    if (notice.incident?.state === 'acknowledged') return;
    const { url, timeout } = this.options;
    const body = JSON.stringify({ text: chatText(notice) });
    await postText({ ...{ url, body, headers: {} }, ...(timeout !== undefined && { timeout }) });
  }
}

function chatText(notice: Notice): string {
  const { urgency, migration, team, message } = notice;
  const head = [urgency === 'page' ? 'PAGE' : undefined, migration, kindWords(notice), team];
  return `*${escaped(head.filter((part) => part !== undefined).join(' · '))}*\n${escaped(message)}`;
}

/** The three characters that mean something there: without this a text could call everybody of the room. */
function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
