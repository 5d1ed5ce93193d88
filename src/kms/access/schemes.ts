/**
 * The texts of `WWW-Authenticate`. An error names its challenge where it is thrown; `completed` puts in what only the request knows.
 */

const REALM = 'passthru-kms';

/** Algorithms of DPoP proofs. None of RSA: a stranger's RSA key costs as much as he likes to check. @see RFC 9449 section 5.1 */
export const DPOP_ALGORITHMS = ['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'] as const;

/** A quoted-string of RFC 9110 section 5.6.4; RFC 6750 section 3 leaves out `"` and `\`, and we leave out all but ASCII. */
const quoted = (text: string): string => `"${text.replaceAll(/[^\x20-\x7E]|["\\]/g, "'")}"`;

/** One challenge; no parameter can break out of it. */
export const challenge = (scheme: string, parameters: Readonly<Record<string, string>>): string =>
  `${scheme} ${Object.entries({ realm: REALM, ...parameters })
    .map(([name, value]) => `${name}=${quoted(value)}`)
    .join(', ')}`;

const ALGS = { algs: DPOP_ALGORITHMS.join(' ') };

/** @see RFC 9449 section 7.1 */
export const dpopChallenge = (parameters: Readonly<Record<string, string>>): string => challenge('DPoP', { ...parameters, ...ALGS });

export const BEARER_CHALLENGE = challenge('Bearer', {});
export const DPOP_CHALLENGE = dpopChallenge({});
export const BASIC_CHALLENGE = challenge('Basic', { charset: 'UTF-8' });

/** No value holds a quotation mark, so that this is found at the head of challenges alone. */
const HEADS = new RegExp(`\\b(Bearer|DPoP) realm="${REALM}"`, 'g');

/**
 * The challenges of an answer, completed by what the request says: whoever came with DPoP is answered with DPoP, and the challenges for
 * tokens name the metadata of the resource.
 *
 * @param request.metadata URL of the metadata; null where the request does not say under which name it came
 * @see RFC 9449 section 7.1, RFC 9728 section 5.1
 */
export const completed = (header: string, request: { readonly isDpop: boolean; readonly metadata: string | null }): string => {
  const { isDpop, metadata } = request;
  const named = metadata === null ? '' : `, resource_metadata=${quoted(metadata)}`;
  return header.replaceAll(HEADS, (_head, scheme: string) => {
    const replaced = isDpop && scheme === 'Bearer' && !header.includes('DPoP realm=');
    return `${replaced ? 'DPoP' : scheme} realm="${REALM}"${named}${replaced ? `, algs=${quoted(ALGS.algs)}` : ''}`;
  });
};
