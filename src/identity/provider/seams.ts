import type { JWK } from 'jose';
import type { Client, KoaContextWithOIDC, Provider } from 'oidc-provider';
import type { ErrorDetail } from '#infra/http/problem.ts';
import type { RefusalLog } from '#infra/http/refusals.ts';
import type { Telemetry } from '#infra/telemetry/telemetry.ts';
import { addAccessTokenHash } from './seams/access-token-hash.ts';
import { checkBeforeUse } from './seams/asked-resource.ts';
import { rememberAskedScopes } from './seams/asked-scopes.ts';
import { nameMissingClient } from './seams/client-missing.ts';
import { compareHashedSecrets, noteAddress, payForUnknownClients, type VerifySecret } from './seams/client-secret.ts';
import { createCurrentRequest } from './seams/current-request.ts';
import { readDeviceGrantFirst } from './seams/device-grant.ts';
import { fillInUserCode } from './seams/device-pages.ts';
import { type DevicePolls, paceDevices } from './seams/device-polls.ts';
import { keepDeviceReferences } from './seams/device-references.ts';
import { defaultScopeOfClientCredentials } from './seams/default-scope.ts';
import { answerFailures, answerNotFound } from './seams/failures.ts';
import { type FormPostPages, showFormPost } from './seams/form-post.ts';
import { completeIdTokens } from './seams/id-token-claims.ts';
import { publishKeys } from './seams/jwks.ts';
import { changeMetadata } from './seams/metadata.ts';
import { keepOfflineAccess } from './seams/offline-access.ts';
import { noteEndedInteractions, type OpenInteractions } from './seams/open-interactions.ts';
import { takeOlderNonces } from './seams/older-nonces.ts';
import { keepOpenidScopes } from './seams/openid-scopes.ts';
import { keepPushedRequest, limitPushedRequests } from './seams/pushed-requests.ts';
import { publishDocuments } from './seams/public-documents.ts';
import { rotateRefreshTokens, type RefreshRule } from './seams/refresh-rotation.ts';
import { detectReplays, type ReplayRule } from './seams/replay-detection.ts';
import { forgetRotatedSessions } from './seams/rotated-sessions.ts';
import { askForScriptHashes, secureHeaders, withholdFromOrigins } from './seams/response-headers.ts';
import { nameResponseType } from './seams/response-type.ts';
import { spareFamilies } from './seams/spared-families.ts';
import { tellAcr } from './seams/told-acr.ts';
import { answerStructuredTokens, type StructuredTokenAnswers } from './seams/structured-tokens.ts';
import { type CodeGuesses, limitUserCodes } from './seams/user-codes.ts';
import { openUserinfo, type PersonsToken } from './seams/userinfo-tokens.ts';

type Metadata = Readonly<Record<string, unknown>>;

/**
 * Patches a new instance of oidc-provider, and wraps every answer of it. The seams that are not installed here are called where they
 * are needed: `seams/request.ts` for each request (`provider.ts`), `seams/interaction.ts` for log-in and consent (`interactions/`),
 * `newUnusedSecret` for the metadata of clients.
 *
 * After an upgrade of oidc-provider read again what each seam names, then change the version that it names: a test holds all to the
 * installed one.
 */
export const installSeams = (
  provider: Provider,
  options: {
    readonly verifySecret: VerifySecret;
    readonly defaultScope: (client: Client, resource: unknown) => string | undefined;
    readonly structuredTokens: StructuredTokenAnswers;
    /** A JWT access token of a person, while it counts. */
    readonly personsToken: (token: string) => Promise<PersonsToken | undefined>;
    readonly rotation: RefreshRule;
    /** Throws where what a request for tokens asks for is refused. */
    readonly checkTokenRequest: Parameters<typeof checkBeforeUse>[2];
    readonly completeMetadata: (metadata: Metadata) => Metadata;
    /** Public parts of all signing keys. */
    readonly keys: readonly JWK[];
    readonly formPostPages: FormPostPages;
    /** Secrets of nonces that count still, beside the newest one. */
    readonly olderNonceSecrets: readonly Buffer[];
    /** Assertions and proofs that were used. */
    readonly replays: ReplayRule;
    /** Throws where one more pushed request is refused. */
    readonly admitPush: Parameters<typeof limitPushedRequests>[1];
    /** Lets a pushed request stay until a moment, in milliseconds since the epoch. */
    readonly keepPushedRequest: (id: string, until: number) => Promise<void>;
    readonly devices: {
      readonly polls: DevicePolls;
      readonly guesses: CodeGuesses;
      readonly isReference: (deviceCode: string) => boolean;
      /** The page that asks for a code, with the one of its address filled in. */
      readonly userCodePage: Parameters<typeof fillInUserCode>[1];
    };
    /** Whether scripts of this origin may read answers to some client. */
    readonly mayRead: (origin: string) => Promise<boolean>;
    readonly responseTypes: readonly string[];
    readonly openInteractions: Pick<OpenInteractions, 'close'>;
    /** The `acr` to tell for that of a session. */
    readonly tellAcr: (acr: string | undefined, oidc: KoaContextWithOIDC['oidc']) => string | undefined;
    readonly log: Telemetry['log'];
    readonly refusals: Pick<RefusalLog, 'refused'>;
    readonly detail: ErrorDetail;
    readonly failurePage: Parameters<typeof answerFailures>[1]['failurePage'];
  },
): void => {
  compareHashedSecrets(provider, options.verifySecret);
  payForUnknownClients(provider, options.verifySecret);
  detectReplays(provider, options.replays);
  takeOlderNonces(provider, options.olderNonceSecrets);
  limitPushedRequests(provider, options.admitPush);
  addAccessTokenHash(provider);
  completeIdTokens(provider);
  tellAcr(provider, options.tellAcr);
  noteEndedInteractions(provider, options.openInteractions);
  defaultScopeOfClientCredentials(provider, options.defaultScope);
  nameResponseType(provider, options.responseTypes);
  keepOfflineAccess(provider);
  keepOpenidScopes(provider);
  spareFamilies(provider);
  forgetRotatedSessions(provider);
  const current = createCurrentRequest();
  rememberAskedScopes(provider, current);
  rotateRefreshTokens(provider, current, options.rotation);
  openUserinfo(provider, current, options.personsToken);
  limitUserCodes(provider, options.devices.guesses);
  readDeviceGrantFirst(provider, current);
  // The last that takes `consume`, and so the first that is asked.
  checkBeforeUse(provider, current, options.checkTokenRequest);
  keepDeviceReferences(provider, current, options.devices.isReference);
  const failures = answerFailures(provider, options);

  const answer = async (ctx: KoaContextWithOIDC, next: () => Promise<void>): Promise<void> => {
    noteAddress(ctx);
    askForScriptHashes(ctx);
    await current.run(ctx, next);
    await keepPushedRequest(ctx, options.keepPushedRequest);
    failures.after(ctx);
    nameMissingClient(ctx);
    paceDevices(ctx, options.devices.polls);
    fillInUserCode(ctx, options.devices.userCodePage);
    await answerStructuredTokens(ctx, options.structuredTokens);
    answerNotFound(ctx);
    changeMetadata(ctx, options.completeMetadata);
    publishKeys(ctx, options.keys);
    secureHeaders(ctx, showFormPost(ctx, options.formPostPages));
    await withholdFromOrigins(ctx, options.mayRead);
    publishDocuments(ctx);
  };

  provider.use(async (context, next) => {
    const ctx = context as unknown as KoaContextWithOIDC;
    try {
      await answer(ctx, next);
    } catch (error) {
      failures.thrown(ctx, error);
      secureHeaders(ctx);
    }
  });
};
