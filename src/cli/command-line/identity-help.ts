/** Of the commands that ask Identity. */
const IDENTITY_LISTENER = `
Without --operator they ask the Identity of the stack that is found here, as a demo leaves it. The admin
listener takes the certificate of an operator only. In production it is on the loopback of each replica:
docs/production.md has the command that asks from there. Passwords and secrets are never arguments: other
users of the machine could read them.`;

export const ACCOUNT_CREATE_HELP = `${IDENTITY_LISTENER}

Examples:
  passthru account create ann --tenant 0b8f9d5e-5d0c-4c3b-9a51-0d1c6a2f7e34 --email ann@example.org \\
    --role tenant-admin --password-file ann.password
  passthru account create ann --tenant 0b8f9d5e-5d0c-4c3b-9a51-0d1c6a2f7e34 --email ann@example.org \\
    --role tenant-admin --password-file ann.password --operator /srv/passthru/operator`;

export const ACCOUNT_HELP = `${IDENTITY_LISTENER}
An account is named by its id or its user name. Accounts of a demo are shown and not changed by an operator. Their
people change passwords and second factors at /account; passthru reset-demo brings those of the seed back.

Examples:
  passthru account list
  passthru account list --operator /srv/passthru/operator
  passthru account show demo-user --output json
  passthru account disable ann --operator /srv/passthru/operator
  passthru account enable ann --operator /srv/passthru/operator
  passthru account set-password ann --password-file ann.password --operator /srv/passthru/operator
  passthru account reset-factors ann --operator /srv/passthru/operator
  passthru account remove ann --operator /srv/passthru/operator`;

export const CLIENT_CREATE_HELP = `${IDENTITY_LISTENER}
Identity makes the secret of a client that proves itself by one, and tells it once: it is shown, or written
into the new file of --secret-out. docs/identity-admin.md says what is refused, and why.

Examples:
  passthru client create app --auth none --type native --grant authorization_code refresh_token \\
    --redirect-uri http://127.0.0.1/callback --scope openid offline_access kms:crypto
  passthru client create worker --grant client_credentials --scope kms:crypto --role service \\
    --tenant 0b8f9d5e-5d0c-4c3b-9a51-0d1c6a2f7e34 --secret-out worker.secret --operator /srv/passthru/operator
  passthru client create intranet --grant authorization_code --redirect-uri https://intranet.example.org/callback \\
    --scope openid profile --first-party --secret-out intranet.secret --operator /srv/passthru/operator`;

export const CLIENT_HELP = `${IDENTITY_LISTENER}
change replaces what its flags name, each list as a whole, and leaves the rest; with --if-match only where the
client is still as show printed it. A change holds for what is asked from then on; disable ends tokens, too.
Clients of the configuration and of a demo are shown, and changed where they come from.

Examples:
  passthru client list
  passthru client show demo-public-client --output json
  passthru client change app --redirect-uri http://127.0.0.1/callback http://127.0.0.1/other
  passthru client change app --name "The App" --clear cors-origin token-format
  passthru client change worker --jwks-file new.json --no-require-par
  passthru client disable worker --operator /srv/passthru/operator
  passthru client enable worker --operator /srv/passthru/operator
  passthru client remove worker --operator /srv/passthru/operator`;

export const CLIENT_SECRET_HELP = `${IDENTITY_LISTENER}
Both secrets are good until --overlap has passed, so that every instance of a service can go over. While the
one before is good, another rotation is refused: end the one before, or, where the answer of a rotation was
lost, replace the newest, which nobody has.

Examples:
  passthru client rotate-secret worker --overlap 24h --secret-out worker.secret
  passthru client rotate-secret worker --overlap 0 --secret-out worker.secret --operator /srv/passthru/operator
  passthru client rotate-secret worker --end-previous
  passthru client rotate-secret worker --replace-newest --secret-out worker.secret`;

/** What an operator does with a key that leaked, and without one. */
export const SIGNING_KEY_HELP = `${IDENTITY_LISTENER}
rotate takes the next key into use, and the old one verifies what it signed. withdraw is for a key that leaked:
nothing that it signed is good any more, and clients fetch new tokens.

Examples:
  passthru signing-key list
  passthru signing-key list --operator /srv/passthru/operator
  passthru signing-key rotate --operator /srv/passthru/operator
  passthru signing-key withdraw 019a8c5e-3b1f-7c40-9d2e-6f1a2b3c4d5e --operator /srv/passthru/operator`;
