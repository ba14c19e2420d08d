import type { RedriveWhy } from '../../domain/queues/redrive';
import type { ExceptionRedrive } from '../../domain/status/exception-page';

/** A command that was sent again: to whom, and what became of it. */
export function redriveLine(redrive: ExceptionRedrive): string {
  return `${redrive.command} to ${redrive.system}: ${becameOf(redrive)}`;
}

function becameOf({ state, tries, why, status, nextTryAt, endedAt }: ExceptionRedrive): string {
  const at = endedAt ?? '';
  const because = why === null ? '' : `, ${whyWords(why, status)}`;
  switch (state) {
    case 'waiting':
      if (tries === 0) return 'to be sent';
      if (why === null) return 'being sent';
      return `tried ${times(tries)}, the last ${lastWords(why, status)}; tried again at ${nextTryAt ?? ''}`;
    case 'sent':
      return `taken at ${at}; the case recovers when the end comes`;
    case 'refused':
    case 'dropped':
      return `${state} at ${at}${because}`;
    case 'failed':
      return `failed at ${at} after ${tries} ${tries === 1 ? 'try' : 'tries'}${because}`;
  }
}

function times(count: number): string {
  return count === 1 ? 'once' : `${count} times`;
}

function lastWords(why: RedriveWhy, status: number | null): string {
  if (why === 'answered') return `answered ${status ?? ''}`;
  return why === 'timedOut' ? 'was not answered in time' : 'reached nobody';
}

function whyWords(why: RedriveWhy, status: number | null): string {
  switch (why) {
    case 'answered':
      return `it answered ${status ?? ''}`;
    case 'timedOut':
      return 'it did not answer in time';
    case 'unreachable':
      return 'it could not be reached';
    case 'noEndpoint':
      return "no worker that knows an address of it took it: declare it under 'commands' in HANDOFF_CHANNELS_FILE";
    case 'noWord':
      return 'nobody knows whether it arrived';
    case 'caseEnded':
      return 'the case had ended';
    case 'recovered':
      return 'what was missing had come';
    case 'sideMoved':
      return 'the patient had changed side: the system acts for them no more';
  }
}
