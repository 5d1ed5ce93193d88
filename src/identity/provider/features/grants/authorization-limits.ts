import type { IncomingHttpHeaders } from 'node:http';
import { AppError } from '#infra/apperr/app-error.ts';
import { isPrefetch } from '#infra/http/request/navigation.ts';
import type { Pair } from '#infra/http/request/form.ts';

/**
 * Octets of UTF-8. An authorization request is kept as long as a person may take to log in, and anybody may send one. `state` and `nonce`
 * are the client's own texts: a random number in most, a signed text in some.
 */
const LIMITS: Readonly<Record<string, number>> = { state: 2_048, nonce: 512 };
/** Of all names and values together. */
const MAX_TOGETHER = 4_096;
/** By these a client proves itself; they are not kept, and have limits of their own. */
const PROOFS = ['client_secret', 'client_assertion', 'client_assertion_type'];

type Place = 'query' | 'body';

const tooLong = (at: string, what: string, octets: number, limit: number, fix: string): AppError =>
  new AppError('authorization-too-long', 400, `invalid_request: ${what} ${octets} octets, and at most ${limit} are taken.`, {
    fix,
    fields: [{ field: at, message: `has ${octets} octets, at most ${limit} are taken`, fix }],
    members: { error: 'invalid_request' },
  });

/**
 * Refuses an authorization request that is longer than one has to be.
 *
 * @param place where the parameters stand
 * @throws AppError `authorization-too-long` 400, which names the parameter and its limit
 * @see RFC 6749 section 4.1.2.1
 */
export const checkAuthorizationRequest = (pairs: readonly Pair[], place: Place = 'query'): void => {
  let together = 0;
  for (const [name, value] of pairs) {
    const octets = Buffer.byteLength(value);
    const limit = LIMITS[name];
    if (limit !== undefined && octets > limit)
      throw tooLong(`${place}/${name}`, `The parameter ${name} has`, octets, limit, `Send a shorter ${name}.`);
    together += Buffer.byteLength(name) + octets;
  }
  if (together > MAX_TOGETHER)
    throw tooLong(`${place}/`, 'The parameters have together', together, MAX_TOGETHER, 'Send shorter parameters, or fewer.');
};

/** The same of a request that a client sends itself, with its proof: it is kept as long as one from a browser. */
export const checkSentRequest = (pairs: readonly Pair[]): void =>
  checkAuthorizationRequest(
    pairs.filter(([name]) => !PROOFS.includes(name)),
    'body',
  );

/**
 * Refuses a request that a browser makes ahead of its person: it would open a log-in, or spend a code, that nobody asked for. The browser
 * forgets such an answer, and asks again when the person does; after a redirect to the client it would show that to the person.
 *
 * @throws AppError `prefetch-refused` 403
 */
export const refusePrefetch = (headers: IncomingHttpHeaders): void => {
  if (!isPrefetch(headers)) return;
  throw new AppError('prefetch-refused', 403, 'A browser asks for this address before its person does.', {
    fix: 'Do not name this address in a prefetch or in speculation rules.',
  });
};
