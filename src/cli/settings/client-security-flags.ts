import { setting } from './setting.ts';
import { boolean, file, text } from './value-types.ts';

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
  requirePar: setting({
    type: boolean,
    default: 'false',
    flags: [{ spelling: '--require-par', help: 'its authorization requests have to be pushed (RFC 9126)', means: true }],
  }),
} as const;
