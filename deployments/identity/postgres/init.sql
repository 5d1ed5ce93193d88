-- Runs once, as superuser over the local socket, when the data directory is empty.
-- Nobody logs in with a password: pg_hba.conf wants a client certificate, and pg_ident.conf says whose it must be.

create role identity login;
alter database identity owner to identity;

-- Health checks: may connect and run `select 1`, owns nothing.
create role passthru_health login connection limit 5;

revoke all on database identity from public;
revoke all on schema public from public;
grant connect on database identity to passthru_health;
revoke connect on database postgres, template1 from public;

-- All is made: the entry point of the container wipes a database that still has this mark.
\! rm "$PGDATA.making"
