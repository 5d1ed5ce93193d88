import { AppError } from '#infra/apperr/app-error.ts';
import type { HttpsClient } from '#infra/http/client.ts';
import { DISCOVERY_MS } from '#infra/magic/limits.ts';

/** Where an issuer has its keys, and where it says whether a token is still good. */
export interface IssuerEndpoints {
  readonly jwksUri: string;
  /** Undefined: its metadata name none. */
  readonly introspectionEndpoint: string | undefined;
}

export type FindEndpoints = () => Promise<IssuerEndpoints>;

interface Metadata {
  readonly jwksUri: string | undefined;
  readonly introspectionEndpoint: string | undefined;
}

/** Metadata are fetched again after this time; where that fails, those that are there go on. In milliseconds. */
const LIFE_MS = 3_600_000;
/** A failed request is not repeated within this time, in milliseconds. */
const SETTLED_MS = 900;
const MAX_URL_LENGTH = 512;

/** "…/.well-known/openid-configuration" behind the issuer, and the other one before its path. @see RFC 8414 sections 3 and 5 */
const addressesOf = (issuer: string): readonly string[] => {
  const { origin, pathname } = new URL(issuer);
  const path = pathname.replace(/\/$/, '');
  return [`${origin}${path}/.well-known/openid-configuration`, `${origin}/.well-known/oauth-authorization-server${path}`];
};

const endpoint = (document: Readonly<Record<string, unknown>>, member: string): string | undefined => {
  const value = document[member];
  if (value === undefined) return undefined;
  const url = typeof value === 'string' && value.length <= MAX_URL_LENGTH && URL.canParse(value) ? new URL(value) : null;
  if (url?.protocol === 'https:' && url.username === '' && url.password === '' && url.hash === '') return String(value);
  throw new AppError(
    'discovery-malformed',
    502,
    `the metadata of the issuer have a ${member} that is not an https URL without user and fragment`,
  );
};

const read = (document: unknown, issuer: string): Metadata => {
  if (typeof document !== 'object' || document === null || Array.isArray(document))
    throw new AppError('discovery-malformed', 502, 'the metadata of the issuer are not an object');
  const members = document as Readonly<Record<string, unknown>>;
  // "The "issuer" value returned MUST be identical to the authorization server's issuer identifier value into which the well-known URI
  // string was inserted." RFC 8414 section 3.3
  if (members['issuer'] !== issuer)
    throw new AppError('discovery-foreign', 502, `the metadata that were fetched for ${issuer} are those of another issuer`);
  return { jwksUri: endpoint(members, 'jwks_uri'), introspectionEndpoint: endpoint(members, 'introspection_endpoint') };
};

/** The issuer's metadata lack something that the KMS needs of them. */
export const metadataLack = (member: string): AppError =>
  new AppError('discovery-incomplete', 502, `the metadata of the issuer name no ${member}`, {
    fix: 'State it in the configuration of the KMS.',
  });

/**
 * Finds the endpoints of an issuer by its own metadata, those of OpenID Connect or else of OAuth: over https, no redirects, size and
 * time capped, one request at a time, and again after an hour. What the configuration states is taken before what they say.
 *
 * @param options.client trusts the configured CA only, and caps the size of an answer
 * @param options.elapsed milliseconds of a clock that never goes back
 * @see RFC 8414 section 3, OpenID Connect Discovery 1.0 section 4
 */
export const discoverEndpoints = (options: {
  readonly issuer: string;
  readonly stated: Metadata;
  readonly client: Pick<HttpsClient, 'request'>;
  readonly elapsed: () => number;
}): FindEndpoints => {
  const { issuer, stated, client, elapsed } = options;
  let known: { readonly metadata: Metadata; readonly at: number } | null = null;
  let failure: { readonly error: unknown; readonly at: number } | null = null;
  let flight: Promise<Metadata> | null = null;

  const fetchOnce = async (): Promise<Metadata> => {
    const addresses = addressesOf(issuer);
    for (const url of addresses) {
      const answer = await client.request({ url, headers: { accept: 'application/json' }, timeoutMs: DISCOVERY_MS / addresses.length });
      if (answer.status === 200) return read(answer.json(), issuer);
      if (answer.status !== 404)
        throw new AppError('discovery-refused', 502, `the request for the metadata of the issuer was answered with ${answer.status}`);
    }
    throw new AppError('discovery-absent', 502, 'the issuer publishes no metadata');
  };
  const fetchAndKeep = async (): Promise<Metadata> => {
    try {
      const metadata = await fetchOnce();
      known = { metadata, at: elapsed() };
      failure = null;
      return metadata;
    } catch (error) {
      failure = { error, at: elapsed() };
      throw error;
    }
  };
  const refresh = (): Promise<Metadata> => {
    if (failure !== null && elapsed() - failure.at < SETTLED_MS) return Promise.reject(failure.error as Error);
    return (flight ??= fetchAndKeep().finally(() => (flight = null)));
  };
  const metadataNow = async (): Promise<Metadata> => {
    if (known === null) return refresh();
    const { metadata, at } = known;
    return elapsed() - at < LIFE_MS ? metadata : refresh().catch(() => metadata);
  };

  return async () => {
    const found = await metadataNow();
    const jwksUri = stated.jwksUri ?? found.jwksUri;
    if (jwksUri === undefined) throw metadataLack('jwks_uri');
    return { jwksUri, introspectionEndpoint: stated.introspectionEndpoint ?? found.introspectionEndpoint };
  };
};

/** The endpoints of an issuer that states them all, or has them discovered. */
export const endpointsOfIssuer = (options: Parameters<typeof discoverEndpoints>[0] & { readonly discovery: boolean }): FindEndpoints => {
  const { discovery, stated } = options;
  if (discovery) return discoverEndpoints(options);
  const { jwksUri, introspectionEndpoint } = stated;
  if (jwksUri === undefined) throw new TypeError('the configuration lets no issuer through whose keys nobody finds');
  return async () => ({ jwksUri, introspectionEndpoint });
};
