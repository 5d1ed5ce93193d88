/** Starts a PostgreSQL in a container, says where it listens, and waits to be killed: `node test/ci/postgres-process.ts`. */
import { containerPostgres } from '../support/postgres/container-postgres.ts';

const { config } = await containerPostgres.start();
process.stdout.write(`${config.port}\n`);
setInterval(() => undefined, 60_000);
