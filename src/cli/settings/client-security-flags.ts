import { setting } from './setting.ts';
import { boolean, file, oneOf, text, textLike } from './value-types.ts';

const algorithm = oneOf(['ES256', 'RS256', 'PS256', 'EdDSA', 'ML-DSA-44', 'ML-DSA-65'], 'algorithm');

/** Flags of the commands that say how a client protects its requests. */
export const CLIENT_SECURITY_FLAGS = {
  jwksFile: setting({
    type: file,
    default: null,
    flags: [{ help: 'file with its public keys as a JWK Set, for --auth private_key_jwt' }],
  }),
  jwksUri: setting({
    type: text('an https address', 'url'),
    default: null,
    flags: [{ help: 'the address of these keys, in the place of --jwks-file' }],
  }),
  certificate: setting({
    type: textLike('a name of a certificate, for example san_dns=worker.example', 'name=value', (value) =>
      /^(?:subject_dn|san_dns|san_uri|san_email|san_ip)=./.test(value),
    ),
    default: null,
    flags: [{ help: 'what its certificate says, for --auth tls_client_auth: subject_dn=, san_dns=, san_uri=, san_email= or san_ip=' }],
  }),
  idTokenAlg: setting({
    type: algorithm,
    default: null,
    flags: [{ help: 'by which its ID tokens are signed, if Identity offers it (default: ES256)' }],
  }),
  introspectionAlg: setting({
    type: algorithm,
    default: null,
    flags: [{ help: 'by which answers about tokens are signed for it, if Identity offers it (default: ES256)' }],
  }),
  requirePar: setting({
    type: boolean,
    default: 'false',
    flags: [{ spelling: '--require-par', help: 'its authorization requests have to be pushed (RFC 9126)', means: true }],
  }),
  keepRefreshTokens: setting({
    type: boolean,
    default: 'false',
    flags: [{ spelling: '--keep-refresh-tokens', help: 'its refresh tokens do not rotate, as FAPI 2.0 wants it', means: true }],
  }),
} as const;
