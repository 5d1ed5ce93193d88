export const PROGRAM_HELP = `
Settings of a start come from flags, then PASSTHRU_* variables (PASSTHRU_PORT_KMS), then passthru.yml
of this folder or the project above it, then passthru/config.yml below $XDG_CONFIG_HOME, then the last
start, then the defaults. The state folder remembers ports, engine and profile of the last start: all
other commands go by it, unless a flag says otherwise. In a subfolder they find .passthru of the project.

Examples:
  passthru demo all                 the whole story, then the stack stays up
  passthru status                   is it well?
  passthru demo all --rm            the same, and tidy up at the end
  passthru exec -- npm test         your tests against a stack of their own
  passthru down --volumes           stop everything and remove the data

Exit codes: 0 all passed · 1 some failed · 2 nothing usable · 64 usage · 130 interrupted`;

export const DEMO_HELP = `
Examples:
  passthru demo all
  passthru demo kms --output json > report.json
  passthru demo all --report report.html
  passthru demo all --profile ci --junit results/junit.xml
  passthru demo all --evidence ./evidence
  passthru demo all --port-kms 18081 --port-identity 18082 --state-dir /tmp/second
  passthru demo all --host 127.0.0.2 kms.example.org
  passthru demo identity --browser`;

export const UP_HELP = `
A stack that is up already is looked at and stays as it is. In every profile it stays up until \`passthru down\`.

Examples:
  passthru up
  passthru up --engine embedded --port-base 0
  passthru up --snapshot .passthru/snapshots/seeded --state-dir /tmp/second --port-base 0
  passthru up --output json > stack.json`;

export const EXEC_HELP = `
The stack is this command's own: on free ports, with a state folder among the temporary files, removed with
its data when the program has ended, so that any number of them may run beside each other. With --state-dir
(or PASSTHRU_STATE_DIR) it is the stack of that folder: services that run already go on running,
and a stack that another command starts meanwhile stays.

The program has its addresses (PASSTHRU_KMS_URL, PASSTHRU_ISSUER, …), demo credentials, and the variables by
which Node, Python, OpenSSL, curl, Go and git find its CA. \`passthru env\` lists them. stdin, stdout and stderr
are the program's; passthru writes to stderr, with -q errors only. Ctrl-C goes to the program; twice within two
seconds kills it.

Exit codes: that of the program, 128+n when signal n ended it · 125 passthru itself failed · 126 the program
cannot be executed · 127 it was not found · 64 usage · 130 interrupted before it started

Examples:
  passthru exec -- npm test
  passthru exec --snapshot seeded -- npm test
  passthru exec --engine embedded -- node --test
  passthru exec -- sh -c 'curl -fsS -u "$PASSTHRU_USERNAME:$PASSTHRU_PASSWORD" "$PASSTHRU_KMS_API_URL/elastic-keys"'`;

export const ENV_HELP = `
shell is for eval in sh, bash and zsh. dotenv is for files that Node (--env-file), Compose and dotenv libraries
read. github appends to the file that GITHUB_ENV names, for later steps of a workflow. Passwords among the
values are those of the demo, which are public; real secrets are named by their files.

Examples:
  eval "$(passthru env)"
  passthru env --format dotenv > .env
  passthru env --format github`;

export const DRILL_HELP = `
Each drill breaks one thing for real while callers write and read, checks what must hold, and repairs it. The
stack must be up (\`passthru demo all\`), and keeps its data; a stack of the prod profile is not drilled. What
this machine or engine cannot break is skipped, and said. Should the command be killed, the next drill, demo,
reset-demo or down takes back what it broke. docs/drills.md tells more.

Exit codes: 0 all that could be drilled held · 1 some did not · 2 none did · 64 usage · 130 interrupted

Examples:
  passthru drill --list
  passthru drill
  passthru drill kill-kms identity-away
  passthru drill --fail-fast --output json > drill.json`;

export const HEALTH_HELP = `
TLS 1.3, verified against --ca and the host name.
Prints one line. Exit codes: 0 it answered 200 · 1 it did not, and the line says why · 64 usage

Example:
  passthru health https://localhost:8081/readyz --ca .passthru/tls/ca.pem`;

export const PREPARE_HELP = `
With --profile prod nothing that is there is overwritten; --renew replaces certificates of its own
authority only.

Examples:
  passthru prepare
  passthru prepare --pkcs12
  passthru prepare --profile prod --issuer https://id.example.org:8082 --host kms.example.org --out /srv/passthru
  passthru prepare --profile prod --out /srv/passthru --renew`;

export const TRUST_HELP = `
Without --install nothing is changed. What is there already stays as it is; other certificates are not
touched. On macOS and Windows the command for the system's store is printed. Databases of browsers are set
with certutil of NSS (package libnss3-tools on Debian). docs/trust.md tells more.

Examples:
  passthru trust
  passthru trust --install
  passthru trust --install --store nss`;

export const UNTRUST_HELP = `
Roots that this state folder had before are taken back, too, also after \`passthru down --volumes\`.

Example:
  passthru untrust`;

export const SNAPSHOT_SAVE_HELP = `
The data of the whole stack as they are at one moment: databases, secrets, tenant ids, certificates. On the
embedded engine the stack goes on; on Docker it is stopped meanwhile and started again. A snapshot holds
secrets: its files are readable by you only. docs/snapshots.md tells more.

Examples:
  passthru snapshot save seeded
  passthru snapshot save seeded --replace`;

export const SNAPSHOT_RESTORE_HELP = `
Every byte is checked first. A stack that is up comes up again with the data of the snapshot, and gets its
own back when it does not become healthy with these; one that is down stays down. A path may lead to the
folder of a snapshot that came from anywhere, or to one of another state folder by its name.

Examples:
  passthru snapshot restore seeded
  passthru snapshot restore .passthru/snapshots/seeded --state-dir /tmp/second`;

export const SNAPSHOT_LIST_HELP = `
Examples:
  passthru snapshot list
  passthru snapshot list --output json`;

export const SNAPSHOT_REMOVE_HELP = `
Examples:
  passthru snapshot remove seeded
  passthru snapshot remove --all`;

/** Of every command that asks an admin listener. */
const ADMIN_LISTENER = `
The admin listener takes the certificate of an operator only. In production it is on the loopback of each
replica: docs/production.md has the command that asks from there. The files of an operator of a demo are
in .passthru/tls. Passwords are never arguments: other users of the machine could read them.`;

export const TENANT_CREATE_HELP = `${ADMIN_LISTENER}
Run again with the same password, it finds what it made and prints the id.

Examples:
  passthru tenant create acme --administrator ann --password-file ann.password --operator .passthru/tls
  passthru tenant create acme --administrator ann --password-file ann.password --operator /srv/passthru/operator`;

export const TENANT_HELP = `${ADMIN_LISTENER}
A tenant is named by its id or its name. suspend refuses all its credentials until activate. remove takes it
away with its keys, its users and its database, after a wait in which restore cancels that.

Examples:
  passthru tenant list --operator .passthru/tls
  passthru tenant suspend acme --operator /srv/passthru/operator
  passthru tenant activate acme --operator /srv/passthru/operator
  passthru tenant remove acme --wait-days 30 --operator /srv/passthru/operator
  passthru tenant restore acme --operator /srv/passthru/operator`;

export const HASH_PASSWORD_HELP = `
The hash is PBKDF2-HMAC-SHA256 with 600,000 rounds and 32 bytes of salt, another one at each call. It is
for \`password\` of a user in realms.yml; passthru realm add writes the whole entry. The password is no
argument: other users of the machine could read it.

Example:
  passthru hash-password --password-file bob.password`;

export const REALM_ADD_HELP = `
The KMS reads its realms when it starts. The file keeps its owner, its mode and its comments.

--hash-file takes a PBKDF2-HMAC-SHA256 hash that passlib, Django, Werkzeug or Spring Security made, and
writes it as one of passthru: the user keeps the password. It must have 210,000 rounds and 16 bytes of
salt. A hash of another kind is refused: nobody can make this one of it.

Examples:
  passthru realm add bob --tenant acme --role user --password-file bob.password
  passthru realm add bob --tenant acme --role user --hash-file bob.hash
  passthru realm add bob --tenant acme --role user --file /srv/passthru/kms/secrets/realms.yml`;

export const REALM_USERS_HELP = `${ADMIN_LISTENER}

A change holds in every replica when the command ends. What is refused because it would leave a tenant
without somebody who administers its users can be meant so: --allow-no-administrator. import makes the users
of a YAML or JSON file in the form of file.users of realms.yml, with hashes of passlib, Django, Werkzeug,
Spring Security or passthru in the place of passwords; users that are there stay as they are.

Examples:
  passthru realm users list --tenant acme --operator .passthru/tls
  passthru realm users add bob --tenant acme --role user --password-file bob.password --operator .passthru/tls
  passthru realm users set bob --tenant acme --role tenant-admin --operator .passthru/tls
  passthru realm users disable bob --tenant acme --operator .passthru/tls
  passthru realm users enable bob --tenant acme --operator .passthru/tls
  passthru realm users remove bob --tenant acme --operator .passthru/tls
  passthru realm users set-password bob --tenant acme --password-file bob.password --operator .passthru/tls
  passthru realm users import users.yml --tenant acme --operator /srv/passthru/operator`;

export const ISSUER_KEYS_HELP = `
The admin listener of the KMS takes the certificate of an operator only; docs/production.md has the command
that asks from beside a replica. flush is for a key that is not to be trusted any more: the replica forgets
the keys of its issuers, and every token that it verified by them, and fetches the keys anew. An issuer that
does not answer has no key then, and its tokens are refused. Ask each replica.

Examples:
  passthru issuer-keys flush --operator .passthru/tls
  passthru issuer-keys flush --operator /srv/passthru/operator --output json`;

export const AUDIT_HELP = `
head and export ask the admin listener, which takes the certificate of an operator only; docs/production.md
has the command that asks from beside a replica. verify asks nobody. Keep heads where the owner of the
database cannot change them: an export must reach each of them. docs/audit.md has the format.

Exit codes of verify: 0 it holds · 1 it does not, and a line says from where on · 64 usage

Examples:
  passthru audit head --output json --operator .passthru/tls > head.json
  passthru audit export audit.jsonl --operator .passthru/tls
  passthru audit verify audit.jsonl --head head.json`;

export const BARRIER_HELP = `
The admin listener takes the certificate of an operator only; docs/production.md has the command that asks
from beside a replica. Each replica has a seal of its own. A share is never an argument: other users of the
machine could read it. Shares that were given stay in the memory of the KMS until there are enough of them;
one that is refused changes nothing. rotate is for all replicas: a new key wraps from then on, and what older
ones wrap is wrapped anew in the background. reshare takes as many present shares as unseal, from one call or
several; the call with the last one writes the new shares into files of --out, and the old ones end.

Examples:
  passthru barrier status --operator .passthru/tls
  passthru barrier seal --operator /srv/passthru/operator
  passthru barrier unseal --operator /srv/passthru/operator
  passthru barrier unseal --share-file share-1 share-2 share-3 --operator /srv/passthru/operator
  passthru barrier unseal --reset --operator /srv/passthru/operator
  passthru barrier rotate intermediate --operator /srv/passthru/operator
  passthru barrier rotate content --tenant 0b8f9d5e-5d0c-4c3b-9a51-0d1c6a2f7e34 --operator /srv/passthru/operator
  passthru barrier reshare --shares 5 --threshold 3 --share-file share-1 share-2 share-3 --out new \\
    --operator /srv/passthru/operator`;

export const EVIDENCE_VERIFY_HELP = `
It needs the folder alone: no stack, no network, no state folder. Without --ca or --fingerprint the root in the
bundle is taken, which shows that the bundle agrees with itself, and not who made it. docs/evidence.md tells more.
Exit codes: 0 it holds · 1 it does not, and each fault is named · 2 it cannot be read · 64 usage

Examples:
  passthru evidence verify ./evidence
  passthru evidence verify ./evidence --ca .passthru/tls/ca.pem
  passthru evidence verify ./evidence --output json`;
