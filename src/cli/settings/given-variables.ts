/**
 * The variables that `exec` and `env` give to other programs, beside those by which these find the roots that they trust. None is a
 * setting but PASSTHRU_STATE_DIR, by which a command of ours finds the same stack.
 */
export const GIVEN_VARIABLES = [
  'PASSTHRU_STATE_DIR',
  'PASSTHRU_KMS_URL',
  'PASSTHRU_KMS_API_URL',
  'PASSTHRU_KMS_ADMIN_URL',
  'PASSTHRU_KMS_RESOURCE',
  'PASSTHRU_ISSUER',
  'PASSTHRU_IDENTITY_ADMIN_URL',
  'PASSTHRU_OTLP_URL',
  'PASSTHRU_CA_FILE',
  'PASSTHRU_CA_BUNDLE_FILE',
  'PASSTHRU_TENANT_ID',
  'PASSTHRU_USERNAME',
  'PASSTHRU_PASSWORD',
  'PASSTHRU_TENANT_ADMIN_USERNAME',
  'PASSTHRU_TENANT_ADMIN_PASSWORD',
  'PASSTHRU_TWO_FACTOR_USERNAME',
  'PASSTHRU_TWO_FACTOR_PASSWORD',
  'PASSTHRU_TWO_FACTOR_TOTP_SECRET',
  'PASSTHRU_CLIENT_ID',
  'PASSTHRU_CLIENT_SECRET',
  'PASSTHRU_PUBLIC_CLIENT_ID',
  'PASSTHRU_SERVICE_CERT_FILE',
  'PASSTHRU_SERVICE_KEY_FILE',
  'PASSTHRU_OPERATOR_CERT_FILE',
  'PASSTHRU_OPERATOR_KEY_FILE',
] as const;

export type GivenVariable = (typeof GIVEN_VARIABLES)[number];

/** The readers of these variables. */
export const ENV_FORMATS = ['shell', 'dotenv', 'json', 'github'] as const;
export type EnvFormat = (typeof ENV_FORMATS)[number];
