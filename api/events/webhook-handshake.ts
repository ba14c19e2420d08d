import type { RequestHandler } from 'express';

/**
 * Tells a sender that this address expects its events (CloudEvents webhooks 1.0.2, section 4). It is no permission: every delivery
 * needs a token all the same, so any origin may be told.
 */
export const webhookHandshake: RequestHandler = (request, response) => {
  response.setHeader('Allow', 'POST, OPTIONS');
  if (request.get('WebHook-Request-Origin') !== undefined) {
    response.setHeader('WebHook-Allowed-Origin', '*');
    response.setHeader('WebHook-Allowed-Rate', '*');
  }
  response.status(200).end();
};
