import { Type } from 'typebox';
import { strictObject } from '#infra/config/schema.ts';
import { listenerConfigSchema } from '#infra/http/config.ts';

/** The listener at which resource servers hear of revocations; a client certificate is required. */
export const feedConfigSchema = strictObject(
  {
    ...listenerConfigSchema.properties,
    clients: Type.Array(
      strictObject({
        common_name: Type.String({
          minLength: 1,
          maxLength: 64,
          description: 'of its client certificate, under the root that `tls.client_ca` names',
        }),
        audiences: Type.Array(Type.String({ minLength: 1, maxLength: 512 }), {
          minItems: 1,
          uniqueItems: true,
          description: 'resource servers that it speaks for: it hears of their tokens alone; the first is the `aud` of what it is told',
        }),
      }),
      { minItems: 1, description: 'resource servers that may listen' },
    ),
  },
  { description: 'where resource servers hear of revocations as they happen; without it nobody does' },
);
