/** "encoded using the application/x-www-form-urlencoded encoding algorithm". RFC 6749 section 2.3.1 */
const formEncoded = (text: string): string => new URLSearchParams({ '': text }).toString().slice(1);

/** The Authorization header by which a client proves itself. @see RFC 6749 section 2.3.1 */
export const clientCredential = (clientId: string, clientSecret: string): string =>
  `Basic ${Buffer.from(`${formEncoded(clientId)}:${formEncoded(clientSecret)}`).toString('base64')}`;

/** How the KMS proves to an issuer who it is: by the secret of its client, or by the client certificate of its connections. */
export const CLIENT_AUTHENTICATIONS = ['client_secret_basic', 'tls_client_auth'] as const;

/** The parts of a request by which the KMS proves itself, beside the certificate of its connection. */
export interface ClientProof {
  readonly headers: { readonly authorization?: string };
  /** Fields of the form. */
  readonly form: { readonly client_id?: string };
}

/**
 * @param clientSecret null for a client that proves itself by its certificate, and says only which client it is
 * @see RFC 6749 section 2.3.1, RFC 8705 section 2
 */
export const clientProof = (clientId: string, clientSecret: string | null): ClientProof =>
  clientSecret === null
    ? { headers: {}, form: { client_id: clientId } }
    : { headers: { authorization: clientCredential(clientId, clientSecret) }, form: {} };
