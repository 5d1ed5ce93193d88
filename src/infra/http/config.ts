import { type Static, Type } from 'typebox';
import { strictObject } from '#infra/config/load-config.ts';
import { tlsFilesSchema } from '#infra/tls/config.ts';

/** Where a server listens, and with which certificate. */
export const listenerConfigSchema = strictObject({
  host: Type.String({ default: '127.0.0.1', minLength: 1, description: 'address to listen on' }),
  port: Type.Integer({ minimum: 0, maximum: 65_535, description: 'TCP port; 0 lets the system choose' }),
  tls: tlsFilesSchema,
});

export type ListenerConfig = Static<typeof listenerConfigSchema>;
