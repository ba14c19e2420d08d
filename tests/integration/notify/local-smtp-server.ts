import { createServer, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';

export interface ReceivedMail {
  from: string;
  to: string[];
  /** Headers and text, as they came over the line. */
  data: string;
}

/** How the server meets each mail until told otherwise: takes it, refuses it, or cuts the connection when it was sent. */
export type MailBehaviour = 'takes' | 'refuses' | 'hangUp';

export interface LocalSmtpServer {
  url: string;
  received: ReceivedMail[];
  behave(behaviour: MailBehaviour): void;
  stop(): Promise<void>;
}

/** A real SMTP server (RFC 5321, without extensions) on a port of its own. */
export async function startLocalSmtpServer(): Promise<LocalSmtpServer> {
  let behaviour: MailBehaviour = 'takes';
  const received: ReceivedMail[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => undefined);
    talk(socket, received, () => behaviour);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `smtp://127.0.0.1:${port}`,
    received,
    behave: (next) => {
      behaviour = next;
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        for (const socket of sockets) socket.destroy();
      }),
  };
}

function talk(socket: Socket, received: ReceivedMail[], behaviour: () => MailBehaviour): void {
  let mail: ReceivedMail = { from: '', to: [], data: '' };
  let inData = false;
  let rest = '';
  const say = (line: string): void => void socket.write(`${line}\r\n`);
  say('220 local.test ESMTP');
  socket.setEncoding('utf8');
  socket.on('data', (chunk: string) => {
    rest += chunk;
    for (let end = rest.indexOf('\r\n'); end >= 0; end = rest.indexOf('\r\n')) {
      const line = rest.slice(0, end);
      rest = rest.slice(end + 2);
      if (inData) takeData(line);
      else takeCommand(line);
    }
  });

  function takeData(line: string): void {
    if (line !== '.') {
      mail.data += `${line.startsWith('..') ? line.slice(1) : line}\n`;
      return;
    }
    inData = false;
    const how = behaviour();
    if (how === 'hangUp') socket.destroy();
    else if (how === 'refuses') say('451 4.3.0 not now, whoever@example.test');
    else {
      received.push(mail);
      say('250 2.0.0 taken');
    }
    mail = { from: '', to: [], data: '' };
  }

  function takeCommand(line: string): void {
    const [, address = ''] = /<([^>]*)>/.exec(line) ?? [];
    const command = line.slice(0, 4).toUpperCase();
    if (command === 'EHLO' || command === 'HELO') say('250 local.test');
    else if (command === 'MAIL') {
      mail.from = address;
      say('250 2.1.0 ok');
    } else if (command === 'RCPT') {
      mail.to.push(address);
      say('250 2.1.5 ok');
    } else if (command === 'DATA') {
      inData = true;
      say('354 go on');
    } else if (command === 'QUIT') {
      say('221 bye');
      socket.end();
    } else say('250 ok');
  }
}
