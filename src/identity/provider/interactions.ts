import type { IncomingMessage, ServerResponse } from 'node:http';

/** What a login or consent page has to show and to know. */
export interface InteractionDetails {
  readonly uid: string;
  readonly prompt: 'login' | 'consent';
  readonly client: { readonly id: string; readonly name: string };
  /** The authorization request as it came, for example `scope`, `login_hint`, `ui_locales`. */
  readonly params: Readonly<Record<string, unknown>>;
  /** OpenID scopes that the user has not consented to yet. */
  readonly missingScopes: readonly string[];
  /** Scopes by resource that the user has not consented to yet, only those that the account may hold. */
  readonly missingResourceScopes: Readonly<Record<string, readonly string[]>>;
  readonly session?: { readonly accountId: string };
}

/**
 * The door for the login and consent pages. Every method finds the interaction by its signed cookie and
 * throws AppError `interaction-not-found` (404) when it is missing, expired or finished.
 * The finishing methods answer with a redirect (303) back into the authorization endpoint.
 */
export interface Interactions {
  details(req: IncomingMessage, res: ServerResponse): Promise<InteractionDetails>;
  /** The account has proven itself. `remember: false` makes the session end with the browser. */
  finishLogin(req: IncomingMessage, res: ServerResponse, login: { accountId: string; remember: boolean }): Promise<void>;
  /** Grants what `details` named missing, no more. */
  finishConsent(req: IncomingMessage, res: ServerResponse): Promise<void>;
  /** The user said no: `access_denied` goes back to the client. */
  abort(req: IncomingMessage, res: ServerResponse): Promise<void>;
}
