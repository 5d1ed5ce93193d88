import type { DependencyCheck } from '#infra/http/health.ts';
import { registerHealth } from '#infra/http/health.ts';
import type { App } from '#infra/http/server.ts';
import { createServer } from '#infra/http/server.ts';
import type { Telemetry } from '#infra/telemetry/telemetry.ts';
import type { TlsFiles } from '#infra/tls/config.ts';
import { registerDemoRoutes } from '#identity/demo/demo.routes.ts';
import type { Demo } from '#identity/demo/demo.service.ts';
import type { EmitIdentityEvent } from '../events.ts';

/** The admin listener, built and not listening: a verified client certificate is the credential for everything on it. */
export const createAdmin = async (options: {
  readonly tls: TlsFiles;
  readonly telemetry: Telemetry;
  readonly dependencies: readonly DependencyCheck[];
  readonly demo: Demo | null;
  readonly emit: EmitIdentityEvent;
}): Promise<App> => {
  const { tls, telemetry, dependencies, demo, emit } = options;
  const admin = await createServer({ name: 'identity-admin', tls, clientCertificate: 'require', telemetry });
  registerHealth(admin, { dependencies });
  if (demo !== null) registerDemoRoutes(admin, { demo, emit });
  return admin;
};
