import { type Static, Type } from 'typebox';
import { strictObject } from '#infra/config/schema.ts';
import type { ClientSecurity } from './client-security.ts';

/** The fields of a client that are about its security, by the names of the registry of RFC 7591. */
export const clientSecurityFields = {
  require_pushed_authorization_requests: Type.Optional(
    Type.Boolean({ description: 'whether each authorization request has to be pushed first (RFC 9126)' }),
  ),
};

const fieldsSchema = strictObject(clientSecurityFields);

export const securityOfFields = (fields: Static<typeof fieldsSchema>): ClientSecurity =>
  fields.require_pushed_authorization_requests === true ? { requirePushedRequests: true } : {};
