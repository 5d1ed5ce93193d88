import { TENANT_URN_PREFIX } from '#infra/magic/magic.ts';
import type { AuthenticatedCaller, CallerTenant } from '#kms/caller.ts';
import type { TenantDirectory } from '#kms/tenants/directory.ts';
import { isTenantId } from '#kms/tenants/tenant.ts';
import type { Challenges } from '../challenges.ts';
import type { PeerCertificate } from '../peer-certificate.ts';
import type { RealmsConfig } from './realms-config.ts';
import type { Roles } from '../roles.ts';

/**
 * The tenant that a certificate names in its URI SANs.
 *
 * @returns undefined unless exactly one of them is `urn:passthru:tenant:<UUIDv4>`
 */
const tenantIdOf = (uriSans: readonly string[]): string | undefined => {
  const ids = uriSans.filter((uri) => uri.startsWith(TENANT_URN_PREFIX)).map((uri) => uri.slice(TENANT_URN_PREFIX.length));
  return ids.length === 1 && ids[0] !== undefined && isTenantId(ids[0]) ? ids[0] : undefined;
};

/** The clients that realms.yml names, by the common names of their certificates. */
export interface CertificateRealm {
  /** @throws AppError 401 for a certificate that is mapped to nobody, 403 for a tenant that is not here */
  authenticate(peer: PeerCertificate): Promise<AuthenticatedCaller>;
}

export const createCertificateRealm = (options: {
  readonly config: RealmsConfig['certificates'];
  readonly tenants: Pick<TenantDirectory, 'byId' | 'byName'>;
  readonly roles: Pick<Roles, 'scopesOf'>;
  readonly challenges: Challenges;
}): CertificateRealm => {
  const { config, tenants, roles, challenges } = options;
  const clients = new Map(config.clients.map((client) => [client.common_name, { ...client, scopes: roles.scopesOf(client.roles) }]));

  const tenantOf = async (peer: PeerCertificate, mapped: string | undefined): Promise<CallerTenant> => {
    if (config.tenant_from === 'mapping') {
      const tenant = mapped === undefined ? undefined : await tenants.byName(mapped);
      if (tenant === undefined) throw challenges.unknownTenant();
      return tenant;
    }
    const id = tenantIdOf(peer.uriSans);
    if (id === undefined) throw challenges.unknownCertificate('The client certificate does not name exactly one tenant');
    const tenant = await tenants.byId(id);
    if (tenant === undefined) throw challenges.unknownTenant();
    return tenant;
  };

  return {
    authenticate: async (peer) => {
      const client = clients.get(peer.commonName);
      if (client === undefined) throw challenges.unknownCertificate('The client certificate is not mapped to a tenant');
      const tenant = await tenantOf(peer, client.tenant);
      return {
        subject: client.common_name,
        username: client.common_name,
        roles: client.roles,
        scopes: client.scopes,
        tenant,
        authentication: { kind: 'certificate' },
      };
    },
  };
};
