import type { Response } from 'express';
import type { Side } from '../../../domain/sides/side';
import type { PageFault } from '../fault';

/** The landing page: what the company offers, and the way into intake. */
export function landingPage(side: Side): string {
  return page(
    side,
    'Care that comes to you',
    `<p>Answer a few questions, be seen by a provider licensed in your state, and have your treatment sent to you.</p>
<p><a id="start" href="/start">Start your visit</a></p>`,
  );
}

/** The first page of intake. */
export function intakePage(side: Side): string {
  return page(
    side,
    'Your visit',
    `<form id="intake" method="post" action="/intake/submissions">
<fieldset><legend>What brings you here?</legend>
<label><input type="radio" name="program" value="dermatology"> Skin</label>
<label><input type="radio" name="program" value="weight"> Weight</label>
<label><input type="radio" name="program" value="hormone"> Hormones</label>
</fieldset>
<button>Go on</button>
</form>`,
  );
}

/** Where nobody should end up. */
export function parkedPage(side: Side): string {
  return page(side, 'This page has moved', '<p>There is nothing here any more.</p>');
}

/** Where the link with that id goes; undefined where the page has none. */
export function linkIn(html: string, id: string): string | undefined {
  return new RegExp(`<a id="${id}" href="([^"]+)"`).exec(html)?.[1];
}

/** Answers with what is wrong with a page. */
export function answerPageFault(fault: PageFault, response: Response, port: string): void {
  switch (fault.answers) {
    case 'status':
      response.status(fault.status ?? 500).send(page(fault.side, 'Something went wrong', '<p>Try again later.</p>'));
      return;
    case 'redirect':
      response.redirect(302, '/parked');
      return;
    case 'wrongHost':
      // The same machine by another name, which is another host to browsers, cookies and probes.
      response.redirect(302, `http://localhost:${port}/parked`);
      return;
  }
}

function page(side: Side, title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>${title}</title><meta name="stack" content="${side}"></head>
<body>
<h1>${title}</h1>
${body}
</body>
</html>
`;
}
