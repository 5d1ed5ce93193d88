import { Type } from 'typebox';
import { strictObject } from '#infra/config/schema.ts';
import { serverTlsFilesSchema } from '#infra/tls/config.ts';

/** Address and certificate of a listener. */
export const listenerConfigSchema = strictObject({
  host: Type.String({ default: '127.0.0.1', minLength: 1, description: 'address to listen on' }),
  also: Type.Optional(
    Type.Array(Type.String({ minLength: 1 }), { description: 'further addresses to listen on, with the same port', uniqueItems: true }),
  ),
  port: Type.Integer({ minimum: 0, maximum: 65_535, description: 'TCP port; 0 lets the system choose' }),
  tls: serverTlsFilesSchema,
});

/** How often one client address may ask at a public listener; health is exempt. */
export const rateLimitConfigSchema = strictObject(
  {
    max: Type.Integer({ minimum: 1, maximum: 1_000_000, default: 6_000, description: 'requests of one address in the window' }),
    window_seconds: Type.Integer({ minimum: 1, maximum: 3_600, default: 60 }),
  },
  { default: {} },
);

/** How long a server goes on serving after it was told to stop. */
export const drainSecondsConfigSchema = Type.Integer({
  minimum: 0,
  maximum: 300,
  default: 0,
  description:
    'seconds between the signal to stop and the end: not ready, but serving, until every balancer has noticed; 0 where nothing balances',
});

/** Networks of the balancers in front of a public listener. */
export const proxyNetworksConfigSchema = Type.Array(Type.String({ pattern: '^[0-9a-fA-F.:]+/\\d{1,3}$' }), {
  default: [],
  uniqueItems: true,
  description:
    'networks of balancers, such as 10.0.0.0/24: a connection from there must begin with a header of the PROXY protocol, version 2, that names the client, and is cut off without',
});
