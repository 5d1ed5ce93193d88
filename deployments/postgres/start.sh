# Stands before the entry point of the image. PostgreSQL wants a private key that only its own user reads, and a mounted secret is not.
# Below /tmp, which the image has: over a folder that it has not, a tmpfs belongs to root from the second start on.
set -e
install -d -m 0700 /tmp/tls
install -m 0600 /run/secrets/postgres.key /tmp/tls/server.key
install -m 0600 /run/secrets/health-client.key /tmp/tls/health-client.key
# What an end in the middle of the first start left is no database yet: it is made anew. One that was finished has no such mark.
[ ! -e "$PGDATA.making" ] || rm -rf "$PGDATA"
[ -s "$PGDATA/PG_VERSION" ] || touch "$PGDATA.making"
exec docker-entrypoint.sh "$@"
