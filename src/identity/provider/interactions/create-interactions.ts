import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Provider } from 'oidc-provider';
import { errors } from 'oidc-provider';
import { AppError } from '#infra/apperr/app-error.ts';
import { type Interaction, missingConsent, renewedGrant } from '../seams/interaction.ts';
import type { Interactions } from './interactions.ts';

/** The page of a log-in is opened with a cookie that the redirect to it has set. */
const cookiesBlocked = (cause: unknown): AppError =>
  new AppError(
    'cookies-missing',
    400,
    'Your browser sent no cookie of this log-in: the log-in began in another browser, or this one blocks cookies.',
    {
      cause,
      fix: 'Allow cookies for this site, then go back to the application and start again in this browser.',
    },
  );

/** @param provider gives the provider of the moment: it is replaced when the signing keys change */
export const createInteractions = (provider: () => Provider): Interactions => {
  const find = async (req: IncomingMessage, res: ServerResponse, prompt?: 'login' | 'consent'): Promise<Interaction> => {
    let interaction: Interaction;
    try {
      interaction = await provider().interactionDetails(req, res);
    } catch (cause) {
      if (!(cause instanceof errors.SessionNotFound)) throw cause;
      if ((req.headers.cookie ?? '') === '') throw cookiesBlocked(cause);
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
      if (client === undefined) throw new AppError('interaction-not-found', 404, 'The application is no longer registered.');
      const missing = missingConsent(interaction);
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

    finishLogin: async (req, res, { accountId, remember, at }) => {
      await find(req, res, 'login');
      const result = { login: { accountId, remember, ts: at, amr: ['pwd'] } };
      await provider().interactionFinished(req, res, result, { mergeWithLastSubmission: false });
    },

    finishConsent: async (req, res) => {
      const interaction = await find(req, res, 'consent');
      const accountId = interaction.session?.accountId;
      if (accountId === undefined) throw new AppError('interaction-mismatch', 409, 'Nobody has logged in yet.');
      const existing = interaction.grantId === undefined ? undefined : await provider().Grant.find(interaction.grantId);
      const grant = renewedGrant(provider(), existing, { accountId, clientId: String(interaction.params.client_id) });
      const missing = missingConsent(interaction);
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
