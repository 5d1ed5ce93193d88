import type { IncomingMessage, ServerResponse } from 'node:http';
import type { SecondMethod } from '#identity/factors/acr.ts';

/**
 * An authorization request that waits for a person, as a log-in or consent page shows it. `interaction-policy.ts` decides which requests
 * wait, `create-interactions.ts` ends the wait.
 */
export interface InteractionDetails {
  readonly uid: string;
  readonly prompt: 'login' | 'consent';
  readonly client: {
    readonly id: string;
    readonly name: string;
    /** An application on the machine of its person: another one could pretend to be it, so consent is asked each time. */
    readonly isNative: boolean;
  };
  /** Whether a device waits for the answer, and no application in this browser. @see RFC 8628 */
  readonly device: boolean;
  /** The authorization request as it came, for example `scope`, `login_hint`, `redirect_uri`. */
  readonly params: Readonly<Record<string, unknown>>;
  /** OpenID scopes that the user has not consented to yet. */
  readonly missingScopes: readonly string[];
  /** Claims that the client asks for by name, without those that its scopes would not give it. */
  readonly claims: readonly string[];
  /** Those of them that the user has not consented to yet. */
  readonly missingClaims: readonly string[];
  /** Scopes by resource that the user has not consented to yet, only those that the account may hold. */
  readonly missingResourceScopes: Readonly<Record<string, readonly string[]>>;
  readonly session?: { readonly accountId: string };
  /** What the client asks of `acr`; empty where the log-in that there is would do. */
  readonly askedAcr: readonly string[];
  /** Whether a second factor is all that the session lacks. */
  readonly isStepUp: boolean;
}

/** What somebody has proven. */
export interface LogIn {
  readonly accountId: string;
  /** False makes the session end with the browser. */
  readonly remember: boolean;
  /** Seconds since the epoch, from before the password was looked at: one that is changed meanwhile opens nothing. */
  readonly at: number;
  /** By what the second factor was proven; absent where there was none. */
  readonly second?: SecondMethod;
}

/**
 * The provider as the log-in and consent pages see it. Every method finds the interaction by its signed cookie and
 * throws AppError `cookies-missing` (400) where the browser sends no cookie, `interaction-not-found` (404) when it is expired or finished,
 * or `interaction-mismatch` (409) when it waits for another prompt. The finishing methods write the whole answer, a redirect (303) back into the authorization
 * endpoint, so a Fastify reply has to be hijacked first.
 */
export interface Interactions {
  details(req: IncomingMessage, res: ServerResponse): Promise<InteractionDetails>;
  /** The account has proven itself. */
  finishLogin(req: IncomingMessage, res: ServerResponse, login: LogIn): Promise<void>;
  /** The person of the session has proven a second factor, at that session alone. */
  finishStepUp(req: IncomingMessage, res: ServerResponse, second: SecondMethod): Promise<void>;
  /** The account has no factor that would do: `unmet_authentication_requirements` goes back to the client. */
  failUnmet(req: IncomingMessage, res: ServerResponse): Promise<void>;
  /** Grants what `details` named missing, no more. */
  finishConsent(req: IncomingMessage, res: ServerResponse): Promise<void>;
  /** Somebody else wants to answer a consent: he logs in, the session of the other ends, and he is asked. */
  changeAccount(req: IncomingMessage, res: ServerResponse): Promise<void>;
  /** The user said no: `access_denied` goes back to the client. */
  abort(req: IncomingMessage, res: ServerResponse): Promise<void>;
}
