import type { IncomingMessage, ServerResponse } from 'node:http';

/**
 * Reads what is left of a body once the answer is written.
 *
 * Why: oidc-provider stops reading a body that is too long, and the rest would keep the connection from its next request.
 * Bends: the request after `readBody`, read in oidc-provider 9.13.3 (lib/shared/selective_body.js).
 * Held by: test/identity/provider/seams/unread-body.test.ts
 */
export const discardUnreadBody = (request: IncomingMessage, response: ServerResponse): void => {
  response.once('finish', () => void request.resume());
};
