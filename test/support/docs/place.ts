import { randomUUIDv7 } from 'node:crypto';
import { join } from 'node:path';
import { ADMIN_PORT_OFFSET, COLLECTOR_HEALTH_PORT_OFFSET, IDENTITY_PORT, KMS_PORT, SINK_PORT_OFFSET } from '#infra/magic/magic.ts';
import { cli } from '../cli.ts';
import { copyCheckout } from '../copy-of-checkout.ts';
import { reservePorts } from '../ports.ts';
import { temporaryDirectory } from '../temporary-directory.ts';
import type { Reader } from './run-page.ts';

/** A reader of the docs who stands in a fresh checkout. Disposing takes down what runs there and removes the folder. */
export interface Place extends Reader, AsyncDisposable {
  readonly env: Readonly<Record<string, string>> & { readonly COMPOSE_PROJECT_NAME: string; readonly PASSTHRU_TAG: string };
}

/**
 * Ports and engine go to the commands by the variables that a reader would set, so that no command is changed: `PASSTHRU_ENGINE`,
 * `PASSTHRU_PORT_…`, and for plain Compose a tag and a project of its own.
 */
export const placeOfReader = async (engine: 'embedded' | 'docker'): Promise<Place> => {
  const directory = await temporaryDirectory();
  const folder = join(directory.path, 'passthru');
  await copyCheckout(folder);
  const { kms, identity } = await reservePorts();
  const unique = randomUUIDv7();
  const env = {
    PATH: process.env['PATH'] ?? '',
    HOME: process.env['HOME'] ?? '',
    // A run that is compared with its page says nothing of earlier runs.
    XDG_STATE_HOME: join(directory.path, 'state'),
    // npx keeps a link to the checkout in its cache.
    npm_config_cache: join(directory.path, 'npm'),
    PASSTHRU_ENGINE: engine,
    // A machine of two cores that runs several stacks at once takes its time.
    PASSTHRU_HEALTH_TIMEOUT: '120',
    PASSTHRU_PORT_KMS: `${kms}`,
    PASSTHRU_PORT_KMS_ADMIN: `${kms + ADMIN_PORT_OFFSET}`,
    PASSTHRU_PORT_IDENTITY: `${identity}`,
    PASSTHRU_PORT_IDENTITY_ADMIN: `${identity + ADMIN_PORT_OFFSET}`,
    PASSTHRU_PORT_OTLP: `${kms + SINK_PORT_OFFSET}`,
    PASSTHRU_PORT_TELEMETRY_HEALTH: `${kms + COLLECTOR_HEALTH_PORT_OFFSET}`,
    PASSTHRU_TAG: `test-${unique}`,
    COMPOSE_PROJECT_NAME: `docs-${unique}`,
  };
  return {
    folder,
    env,
    ports: {
      [KMS_PORT]: kms,
      [KMS_PORT + ADMIN_PORT_OFFSET]: kms + ADMIN_PORT_OFFSET,
      [IDENTITY_PORT]: identity,
      [IDENTITY_PORT + ADMIN_PORT_OFFSET]: identity + ADMIN_PORT_OFFSET,
    },
    [Symbol.asyncDispose]: async () => {
      const { code, stderr } = await cli(['down', '--volumes'], { cwd: folder, env });
      if (code !== 0) throw new Error(`passthru down ended with ${code}:\n${stderr}`);
      await directory[Symbol.asyncDispose]();
    },
  };
};
