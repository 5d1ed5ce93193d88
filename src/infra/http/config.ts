import { type Static, Type } from 'typebox';
import { strictObject } from '#infra/config/schema.ts';
import { ERROR_DETAILS, type ErrorDetail } from './problem.ts';
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

const network = Type.String({ pattern: '^[0-9a-fA-F.:]+/\\d{1,3}$' });

/** How often one client address may ask at a public listener; health is exempt. */
export const rateLimitConfigSchema = strictObject(
  {
    max: Type.Integer({ minimum: 1, maximum: 1_000_000, default: 6_000, description: 'requests of one address in the window' }),
    window_seconds: Type.Integer({ minimum: 1, maximum: 3_600, default: 60, description: 'length of the window' }),
  },
  { default: {} },
);

const FORMERLY_DETAILED = 'full';

/** How much the answers of a public listener tell of what went wrong. */
export const errorsConfigSchema = strictObject(
  {
    detail: Type.Enum([...ERROR_DETAILS, FORMERLY_DETAILED], {
      default: 'detailed',
      description:
        '`minimal`: 401, 403, 500 and 503 do not say what was wrong, nor does `/readyz`; the log does, and `/readyz` of the admin listener; `standard`: 401 says which kind of credential was refused, and 403 which scope is missing; `detailed`: everything; `full` is its former name',
    }),
  },
  { default: {} },
);

/** The configured detail, by its name of today. */
export const detailOf = ({ detail }: Static<typeof errorsConfigSchema>): ErrorDetail =>
  detail === FORMERLY_DETAILED ? 'detailed' : detail;

/** How long a server goes on serving after it was told to stop. */
export const drainSecondsConfigSchema = Type.Integer({
  minimum: 0,
  maximum: 300,
  default: 0,
  description:
    'how long the server goes on serving after the signal to stop, not ready, until every balancer has noticed; 0 where there is no balancer',
});

/** Networks whose traces a public listener continues. */
export const traceNetworksConfigSchema = Type.Array(network, {
  default: [],
  uniqueItems: true,
  description:
    'networks of callers that are believed about the trace that they are part of (`traceparent`); the trace of anybody else is only linked',
});

/** Networks of the balancers in front of a public listener. */
export const proxyNetworksConfigSchema = Type.Array(network, {
  default: [],
  uniqueItems: true,
  description:
    'networks of balancers, such as 10.0.0.0/24: a connection from there must begin with a header of the PROXY protocol, version 2, that names the client; without it, it is cut off',
});
