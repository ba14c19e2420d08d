import { isMadeByAny } from './same-bytes';
import type { VerifySignature } from './signed-request';

/** A token in `Authorization`, alone or as `Bearer`: of vendors that sign nothing. It says who sends, not that nothing was changed on the way: only over TLS. */
export const bearerToken: VerifySignature = (request, secrets) => {
  const sent = request.header('authorization')?.replace(/^bearer /i, '');
  if (sent === undefined || sent === '') return 'unsigned';
  return isMadeByAny(secrets, sent, (secret) => secret) ? 'valid' : 'wrong';
};
