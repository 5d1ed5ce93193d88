import { account, CONFIDENTIAL_CLIENT, PUBLIC_CLIENT } from '#demo/world/names.ts';
import type { Engine } from '#engine/engine.ts';
import { KMS_RESOURCE } from '#infra/magic/magic.ts';
import { type ROOTS_VARIABLES, writeCaBundle } from '#stack/ca-bundle.ts';
import { reportOptions } from '#cli/documents/demo-report.ts';
import type { GivenVariable } from '#cli/settings/given-variables.ts';

/** Variables for a program that is to use a stack, by name. */
export type StackVariables = Readonly<Record<GivenVariable | (typeof ROOTS_VARIABLES)[number], string>>;

const [USER, TENANT_ADMIN] = [account('demo-user'), account('demo-tenant-admin')];

/**
 * Addresses, demo credentials and roots of a stack that was brought up. Passwords and secrets among them are those of the demo, which are
 * published; all that is secret in a stack is named by its file.
 */
export const stackVariables = async (options: {
  readonly engine: Engine;
  readonly stateDir: string;
  /** The environment of the program, which may name further roots. */
  readonly env: Readonly<Record<string, string | undefined>>;
}): Promise<StackVariables> => {
  const { engine, stateDir, env } = options;
  const [{ endpoints, credentials }, bundle] = await Promise.all([
    reportOptions(engine),
    writeCaBundle({ stateDir, caFile: engine.endpoints().caFile, env }),
  ]);
  const { kms, identity, telemetry, caFile, client, serviceClient } = endpoints;
  const twoFactor = credentials.find(({ totp_secret: secret }) => secret !== undefined);
  return {
    PASSTHRU_STATE_DIR: stateDir,
    PASSTHRU_KMS_URL: new URL(kms.service).origin,
    PASSTHRU_KMS_API_URL: kms.service,
    PASSTHRU_KMS_ADMIN_URL: kms.admin,
    PASSTHRU_KMS_RESOURCE: KMS_RESOURCE,
    PASSTHRU_ISSUER: identity.issuer,
    PASSTHRU_IDENTITY_ADMIN_URL: identity.admin,
    PASSTHRU_OTLP_URL: telemetry.otlp,
    PASSTHRU_CA_FILE: caFile,
    PASSTHRU_CA_BUNDLE_FILE: bundle,
    PASSTHRU_TENANT_ID: credentials.find(({ username }) => username === USER.username)?.tenant_id ?? '',
    PASSTHRU_USERNAME: USER.username,
    PASSTHRU_PASSWORD: USER.password,
    PASSTHRU_TENANT_ADMIN_USERNAME: TENANT_ADMIN.username,
    PASSTHRU_TENANT_ADMIN_PASSWORD: TENANT_ADMIN.password,
    PASSTHRU_TWO_FACTOR_USERNAME: twoFactor?.username ?? '',
    PASSTHRU_TWO_FACTOR_PASSWORD: twoFactor?.password ?? '',
    PASSTHRU_TWO_FACTOR_TOTP_SECRET: twoFactor?.totp_secret ?? '',
    PASSTHRU_CLIENT_ID: CONFIDENTIAL_CLIENT.id,
    PASSTHRU_CLIENT_SECRET: CONFIDENTIAL_CLIENT.secret ?? '',
    PASSTHRU_PUBLIC_CLIENT_ID: PUBLIC_CLIENT.id,
    PASSTHRU_SERVICE_CERT_FILE: serviceClient.certFile,
    PASSTHRU_SERVICE_KEY_FILE: serviceClient.keyFile,
    PASSTHRU_OPERATOR_CERT_FILE: client.certFile,
    PASSTHRU_OPERATOR_KEY_FILE: client.keyFile,
    NODE_EXTRA_CA_CERTS: bundle,
    SSL_CERT_FILE: bundle,
    CURL_CA_BUNDLE: bundle,
    REQUESTS_CA_BUNDLE: bundle,
    GIT_SSL_CAINFO: bundle,
  };
};
