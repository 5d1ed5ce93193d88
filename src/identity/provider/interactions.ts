import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Provider } from 'oidc-provider';
import { errors } from 'oidc-provider';
import { AppError } from '#infra/apperr/app-error.ts';

/** What a login or consent page has to show and to know. */
export interface InteractionDetails {
  readonly uid: string;
  readonly prompt: 'login' | 'consent';
  readonly client: { readonly id: string; readonly name: string };
  /** The authorization request as it came, for example `scope`, `login_hint`, `redirect_uri`. */
  readonly params: Readonly<Record<string, unknown>>;
  /** OpenID scopes that the user has not consented to yet. */
  readonly missingScopes: readonly string[];
  /** Scopes by resource that the user has not consented to yet, only those that the account may hold. */
  readonly missingResourceScopes: Readonly<Record<string, readonly string[]>>;
  readonly session?: { readonly accountId: string };
}

/**
 * The door for the login and consent pages. Every method finds the interaction by its signed cookie and
 * throws AppError `interaction-not-found` (404) when it is missing, expired or finished, or `interaction-mismatch` (409) when
 * it waits for another prompt. The finishing methods write the whole answer, a redirect (303) back into the authorization
 * endpoint, so a Fastify reply has to be hijacked first.
 */
export interface Interactions {
  details(req: IncomingMessage, res: ServerResponse): Promise<InteractionDetails>;
  /** The account has proven itself. `remember: false` makes the session end with the browser. */
  finishLogin(req: IncomingMessage, res: ServerResponse, login: { readonly accountId: string; readonly remember: boolean }): Promise<void>;
  /** Grants what `details` named missing, no more. */
  finishConsent(req: IncomingMessage, res: ServerResponse): Promise<void>;
  /** The user said no: `access_denied` goes back to the client. */
  abort(req: IncomingMessage, res: ServerResponse): Promise<void>;
}

type Interaction = Awaited<ReturnType<Provider['interactionDetails']>>;

const textList = (value: unknown): string[] => (Array.isArray(value) ? value.filter((item) => typeof item === 'string') : []);

const missingOf = ({ prompt }: Interaction) => ({
  scopes: textList(prompt.details.missingOIDCScope),
  claims: textList(prompt.details.missingOIDCClaims),
  resourceScopes: Object.entries((prompt.details.missingResourceScopes ?? {}) as Record<string, unknown>).map(
    ([resource, scopes]) => [resource, textList(scopes)] as const,
  ),
});

/** @param provider gives the provider of the moment: it is replaced when the signing keys change */
export const createInteractions = (provider: () => Provider): Interactions => {
  const find = async (req: IncomingMessage, res: ServerResponse, prompt?: 'login' | 'consent'): Promise<Interaction> => {
    let interaction: Interaction;
    try {
      interaction = await provider().interactionDetails(req, res);
    } catch (cause) {
      if (!(cause instanceof errors.SessionNotFound)) throw cause;
      throw new AppError('interaction-not-found', 404, 'This log-in has expired or was finished.', {
        cause,
        fix: 'Go back to the application and start again.',
      });
    }
    if (prompt !== undefined && interaction.prompt.name !== prompt) {
      throw new AppError('interaction-mismatch', 409, `This log-in waits for ${interaction.prompt.name}, not for ${prompt}.`, {
        fix: 'Go back to the application and start again.',
      });
    }
    return interaction;
  };

  return {
    details: async (req, res) => {
      const interaction = await find(req, res);
      const id = String(interaction.params.client_id);
      const client = await provider().Client.find(id);
      if (client === undefined) throw new AppError('interaction-not-found', 404, 'The application is not registered any more.');
      const missing = missingOf(interaction);
      return {
        uid: interaction.uid,
        prompt: interaction.prompt.name === 'consent' ? 'consent' : 'login',
        client: { id, name: client.clientName ?? id },
        params: interaction.params,
        missingScopes: missing.scopes,
        missingResourceScopes: Object.fromEntries(missing.resourceScopes),
        ...(interaction.session === undefined ? {} : { session: { accountId: interaction.session.accountId } }),
      };
    },

    finishLogin: async (req, res, { accountId, remember }) => {
      await find(req, res, 'login');
      const result = { login: { accountId, remember, amr: ['pwd'] } };
      await provider().interactionFinished(req, res, result, { mergeWithLastSubmission: false });
    },

    finishConsent: async (req, res) => {
      const interaction = await find(req, res, 'consent');
      const { Grant } = provider();
      const accountId = interaction.session?.accountId;
      if (accountId === undefined) throw new AppError('interaction-mismatch', 409, 'Nobody has logged in yet.');
      const existing = interaction.grantId === undefined ? undefined : await Grant.find(interaction.grantId);
      // The time to live counts from the latest consent.
      const granted = { ...existing, exp: undefined, iat: undefined };
      const grant = new Grant({ ...granted, accountId, clientId: String(interaction.params.client_id) });
      const missing = missingOf(interaction);
      if (missing.scopes.length > 0) grant.addOIDCScope(missing.scopes.join(' '));
      if (missing.claims.length > 0) grant.addOIDCClaims(missing.claims);
      for (const [resource, scopes] of missing.resourceScopes) grant.addResourceScope(resource, scopes.join(' '));
      const grantId = await grant.save();
      await provider().interactionFinished(req, res, { consent: { grantId } }, { mergeWithLastSubmission: true });
    },

    abort: async (req, res) => {
      await find(req, res);
      const result = { error: 'access_denied', error_description: 'the user refused' };
      await provider().interactionFinished(req, res, result, { mergeWithLastSubmission: false });
    },
  };
};
