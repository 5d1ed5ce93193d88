import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Provider } from 'oidc-provider';
import { errors } from 'oidc-provider';
import { AppError } from '#infra/apperr/app-error.ts';
import { OTHER_ACCOUNT } from './interaction-policy.ts';
import { claimsAskedFor } from '../records/claims-of-scopes.ts';
import { recordOf } from '../records/client-metadata.ts';
import { ACR_REASONS } from './sure-enough.ts';
import { type Interaction, missingConsent, renewedGrant } from '../seams/interaction.ts';
import { bringsNoCookie, COOKIES_MISSING, INTERACTION_GONE, START_AGAIN } from './refusal-view.ts';
import { acrOf, amrOf } from '#identity/factors/acr.ts';
import { askedAcrOf } from '../records/asked-acr.ts';
import type { Interactions } from './interactions.ts';

const lost = ({ code, message, fix }: typeof COOKIES_MISSING | typeof INTERACTION_GONE, status: number, cause?: unknown): AppError =>
  new AppError(code, status, message, { cause, fix });

/** @param provider gives the provider of the moment: it is replaced when the signing keys change */
export const createInteractions = (provider: () => Provider): Interactions => {
  const find = async (req: IncomingMessage, res: ServerResponse, prompt?: 'login' | 'consent'): Promise<Interaction> => {
    let interaction: Interaction;
    try {
      interaction = await provider().interactionDetails(req, res);
    } catch (cause) {
      if (!(cause instanceof errors.SessionNotFound)) throw cause;
      throw bringsNoCookie(req.headers) ? lost(COOKIES_MISSING, 400, cause) : lost(INTERACTION_GONE, 404, cause);
    }
    if (prompt !== undefined && interaction.prompt.name !== prompt) {
      throw new AppError('interaction-mismatch', 409, `This log-in waits for ${interaction.prompt.name}, not for ${prompt}.`, {
        fix: START_AGAIN,
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
        client: { id, name: client.clientName ?? id, isNative: client.applicationType === 'native' },
        device: interaction.deviceCode !== undefined,
        params: interaction.params,
        missingScopes: missing.scopes,
        claims: claimsAskedFor(recordOf(client), interaction.params.claims),
        missingClaims: missing.claims,
        missingResourceScopes: Object.fromEntries(missing.resourceScopes),
        askedAcr: askedAcrOf(interaction.prompt.details.acr).values,
        isStepUp: interaction.session !== undefined && interaction.prompt.reasons.every((reason) => ACR_REASONS.includes(reason)),
        ...(interaction.session === undefined ? {} : { session: { accountId: interaction.session.accountId } }),
      };
    },

    finishLogin: async (req, res, { accountId, remember, at, second }) => {
      await find(req, res, 'login');
      const amr = amrOf(second);
      const result = { login: { accountId, remember, ts: at, amr: [...amr], acr: acrOf(amr) } };
      await provider().interactionFinished(req, res, result, { mergeWithLastSubmission: false });
    },

    finishStepUp: async (req, res, second) => {
      const { session } = await find(req, res, 'login');
      const before = session?.uid === undefined ? undefined : await provider().Session.findByUid(session.uid);
      if (before?.accountId === undefined) throw new AppError('interaction-mismatch', 409, 'Nobody has logged in yet.');
      const amr = amrOf(second);
      // The password was given when the session began, and lives as long as that was asked for.
      const { accountId, loginTs: ts, transient } = before;
      const login = { accountId, remember: transient !== true, amr: [...amr], acr: acrOf(amr), ...(ts === undefined ? {} : { ts }) };
      await provider().interactionFinished(req, res, { login }, { mergeWithLastSubmission: false });
    },

    failUnmet: async (req, res) => {
      await find(req, res, 'login');
      const result = { error: 'unmet_authentication_requirements', error_description: 'the account has no second factor that would do' };
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

    changeAccount: async (req, res) => {
      await find(req, res, 'consent');
      await provider().interactionFinished(req, res, OTHER_ACCOUNT, { mergeWithLastSubmission: false });
    },

    abort: async (req, res) => {
      await find(req, res);
      const result = { error: 'access_denied', error_description: 'the user refused' };
      await provider().interactionFinished(req, res, result, { mergeWithLastSubmission: false });
    },
  };
};
