export const RESET_DEMO_HELP = `
Everything that visitors made is gone afterwards, under new tenant ids; a reset that fails or is interrupted
brings the old data back. Exit codes are those of demo.

Examples:
  passthru reset-demo
  passthru reset-demo kms --output json`;

export const DOWN_HELP = `
Services end in order, with what they have in hand; the data stays, and the next start finds it. What a demo
made for this folder alone goes with --volumes: data, certificates, secrets, logs. Snapshots stay.

Examples:
  passthru down
  passthru down --volumes
  passthru down --volumes --images`;

/** Of both servers. */
const SERVE = `
The servers of a stack are started like this by the program itself. By hand it is for a configuration of your own;
docs/configuration.md has every setting, docs/production.md whole configurations. It ends at SIGTERM or Ctrl-C,
with the requests that it has in hand.
`;

export const SERVE_KMS_HELP = `${SERVE}
Examples:
  passthru serve kms --config deployments/kms/config/kms.yml
  passthru serve kms --config deployments/kms/config/kms.yml own.yml`;

export const SERVE_IDENTITY_HELP = `${SERVE}
Examples:
  passthru serve identity --config deployments/identity/config/identity.yml
  passthru serve identity --config deployments/identity/config/identity.yml own.yml`;
