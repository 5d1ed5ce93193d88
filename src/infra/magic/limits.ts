/**
 * How long one waits for another, in milliseconds. They nest: a caller waits longer than what it calls does itself, with room for the
 * way there and back, so that the one who knows the cause is the one who tells it. `test/infra/magic/limits.test.ts` holds the order.
 */

/** The KMS for the keys of its issuer, the metadata that say where these are included. */
export const JWKS_MS = 1_500;
/** The KMS for the metadata of an issuer. */
export const DISCOVERY_MS = 1_000;
/** The KMS for the head of the stream of revocations. */
export const FEED_MS = 1_500;
/** The KMS for the answer whether a token is still good. */
export const INTROSPECTION_MS = 3_000;
/** The KMS for the tokens of a person who logs in with a browser, in one request. */
export const TOKEN_MS = 3_000;
/** Identity for the whole answer of an address that a client named. */
export const OUTGOING_MS = 2_500;
/** A service for something that it depends on, in one look. */
export const DEPENDENCY_MS = 2_000;
/** The CLI for `/readyz`, in one look; `passthru health` waits as long where it is not told otherwise. */
export const READYZ_MS = 3_000;
/** A guess at a password for its turn. */
export const GUESS_MS = 7_000;
/** A refused guess for its answer, at the least, so that its time does not tell whether anybody looked. */
export const REFUSAL_MS = 1_000;
/** A server that closes, for the requests in flight. */
export const IN_FLIGHT_MS = 2_000;
/** The demo for any other answer: a log-in is slow on purpose, and several at once on a busy machine wait for each other. */
export const ANSWER_MS = 15_000;
